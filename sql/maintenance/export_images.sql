-- Rows that `embedstore export` writes for images, one for each picture of the posts in the
-- registered table `passing(post_id)`.
SELECT
    p.post_id, p.source, p.id, p.username, p.company, p.created_at, p.likes,
    p.text AS caption, m.position, m.url, v.vector
FROM image_vectors v
JOIN posts p USING (post_id)
JOIN media m ON m.post_id = v.post_id AND m.position = v.position
SEMI JOIN passing USING (post_id)
WHERE v.space = $space
ORDER BY p.post_id, m.position
