-- All posts, also those without a time, in the order of time.
SELECT post_id, source, id, username, platform, created_at, text
FROM posts
ORDER BY created_at NULLS FIRST, post_id
