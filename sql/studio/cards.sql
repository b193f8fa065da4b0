-- What a card shows of some posts, with their pictures in order.
WITH every_post AS (
    -- A store of an earlier version that no build has migrated yet lacks these columns: uniting by
    -- name fills them with NULL.
    FROM posts
    UNION ALL BY NAME
    SELECT NULL::VARCHAR AS kind, NULL::VARCHAR AS permalink WHERE false
)
SELECT
    p.post_id, p.source, p.id, p.username, p.company, p.created_at, p.text, p.likes, p.kind,
    p.permalink, coalesce(m.pictures, []) AS pictures
FROM every_post p
LEFT JOIN (
    SELECT post_id, list({'position': position, 'sha256': sha256} ORDER BY position) AS pictures
    FROM media JOIN contents USING (content_id)
    WHERE contents.kind = 'image'
    GROUP BY post_id
) m USING (post_id)
WHERE list_contains($ids, p.post_id)
