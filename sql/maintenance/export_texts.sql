-- One row a post: what `embedstore export` writes of a space's texts. `passing` is registered.
SELECT
    p.post_id, p.source, p.id, p.username, p.company, p.created_at, p.likes,
    p.text AS caption, v.vector
FROM text_vectors v
JOIN posts p USING (post_id)
SEMI JOIN passing USING (post_id)
WHERE v.space = $space
ORDER BY p.post_id
