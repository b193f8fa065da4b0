-- What a report needs to know of each post beside what a head sees: how finely its time is known,
-- its address, its first picture, and how old its count was when it was read. Without a reading
-- in observations, the newest post of the same source says how late the file was made.
WITH every_post AS (
    -- A store of an earlier version that no build has migrated yet lacks these columns.
    FROM posts
    UNION ALL BY NAME
    SELECT
        NULL::VARCHAR AS kind, NULL::VARCHAR AS created_precision, NULL::VARCHAR AS permalink
    WHERE false
),
pictures AS (
    SELECT m.post_id, arg_min(c.sha256, m.position) AS picture
    FROM media m
    JOIN contents c ON c.content_id = m.content_id AND c.kind = 'image'
    GROUP BY m.post_id
)
SELECT
    p.post_id,
    p.created_precision,
    p.permalink,
    pictures.picture,
    epoch(max(p.created_at) OVER (PARTITION BY p.source) - p.created_at) / 86400 AS age
FROM every_post p
LEFT JOIN pictures USING (post_id)
WHERE p.created_at IS NOT NULL
ORDER BY p.post_id
