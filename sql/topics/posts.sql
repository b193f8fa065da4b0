-- The posts that topics are made of, with their vectors: of those in the registered table
-- `chosen(post_id)`, the ones with a text in the space.
SELECT
    p.post_id,
    p.text_content_id AS content_id,
    lower(coalesce(nullif(trim(p.company), ''), fold_username(p.username))) AS owner,
    p.text,
    v.vector
FROM posts p
SEMI JOIN chosen USING (post_id)
JOIN text_vectors v ON v.post_id = p.post_id AND v.space = $space
WHERE len(v.vector) = $dim AND p.text IS NOT NULL
