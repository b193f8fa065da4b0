-- The posts that have a value of a name in the column extra, and the value as text.
SELECT post_id, extra ->> ('$."' || replace($1, '"', '') || '"') AS value
FROM posts
WHERE value IS NOT NULL
