-- Every post that stands in time, oldest first, with what its media are. `views` and the other
-- outcomes stay out: they are known only afterwards.
WITH every_post AS (
    -- A store of an earlier version that no build has migrated yet lacks these columns: uniting by
    -- name fills them with NULL.
    FROM posts
    UNION ALL BY NAME
    SELECT NULL::VARCHAR AS kind, NULL::VARCHAR AS platform WHERE false
)
SELECT
    p.post_id, p.source, p.id, p.username, p.company, p.created_at, p.text, p.kind, p.platform,
    coalesce(m.photos, 0) AS photos,
    coalesce(m.videos, 0) AS videos,
    coalesce(m.gifs, 0) AS gifs,
    coalesce(m.duration, 0) AS duration
FROM every_post p
LEFT JOIN (
    SELECT
        post_id,
        count(*) FILTER (kind = 'photo') AS photos,
        count(*) FILTER (kind = 'video') AS videos,
        count(*) FILTER (kind = 'gif') AS gifs,
        max(duration) AS duration
    FROM media
    GROUP BY post_id
) m USING (post_id)
WHERE p.created_at IS NOT NULL
ORDER BY p.created_at, p.post_id
