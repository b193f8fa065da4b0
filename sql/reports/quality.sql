-- What the rows of the given accounts lack; an account is known by its folded name.
WITH every_post AS (
    FROM posts
    UNION ALL BY NAME
    SELECT NULL::VARCHAR AS kind WHERE false
)
SELECT
    count(*) AS posts,
    count(*) FILTER (created_at IS NULL) AS without_time,
    count(*) FILTER (likes IS NULL) AS without_likes,
    count(*) FILTER (kind = 'repost') AS reposts,
    count(*) FILTER (
        post_id IN (SELECT post_id FROM media)
        AND post_id NOT IN (SELECT post_id FROM media WHERE content_id IS NOT NULL)
    ) AS without_pictures
FROM every_post
WHERE list_contains(?, fold_username(username))
