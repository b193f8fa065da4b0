-- Rows that `embedstore export` writes for texts, one for each of the posts in the registered table
-- `passing(post_id)`.
SELECT
    p.post_id, p.source, p.id, p.username, p.company, p.created_at, p.likes,
    p.text AS caption, v.vector
FROM text_vectors v
JOIN posts p USING (post_id)
SEMI JOIN passing USING (post_id)
WHERE v.space = $space
ORDER BY p.post_id
