-- Statements that hold in a consistent store, with the number of rows that break each.
SELECT 1 AS n, 'each key belongs to one post' AS promise, count(*) AS broken FROM (
    FROM posts SELECT source, id GROUP BY ALL HAVING count(*) > 1
)
UNION ALL
SELECT 2, 'each post_id belongs to one post', count(*) FROM (
    FROM posts SELECT post_id GROUP BY ALL HAVING count(*) > 1
)
UNION ALL
SELECT 3, 'each content is there once', count(*) FROM (
    FROM contents SELECT kind, sha256 GROUP BY ALL HAVING count(*) > 1
)
UNION ALL
SELECT 4, 'each text is linked to its content', count(*)
FROM posts p LEFT JOIN contents c ON c.content_id = p.text_content_id
WHERE p.text_content_id IS NOT NULL AND c.sha256 IS DISTINCT FROM sha256(p.text)
UNION ALL
SELECT 5, 'each formatted text is linked to its content', count(*)
FROM posts p LEFT JOIN contents c ON c.content_id = p.formatted_content_id
WHERE p.formatted_content_id IS NOT NULL AND c.sha256 IS DISTINCT FROM sha256(p.formatted_text)
UNION ALL
SELECT 6, 'each picture is linked to a content that is there', count(*)
FROM media m WHERE m.content_id IS NOT NULL
    AND m.content_id NOT IN (SELECT content_id FROM contents WHERE kind <> 'text')
UNION ALL
SELECT 7, 'media belong to posts that are there', count(*)
FROM media WHERE post_id NOT IN (SELECT post_id FROM posts)
UNION ALL
SELECT 8, 'each content is used by a post', count(*)
FROM contents
WHERE content_id NOT IN (SELECT text_content_id FROM posts WHERE text_content_id IS NOT NULL)
    AND content_id NOT IN (
        SELECT formatted_content_id FROM posts WHERE formatted_content_id IS NOT NULL
    )
    AND content_id NOT IN (SELECT content_id FROM media WHERE content_id IS NOT NULL)
UNION ALL
SELECT 9, 'each vector belongs to a content that is there', count(*)
FROM vectors WHERE content_id NOT IN (SELECT content_id FROM contents)
UNION ALL
SELECT 10, 'each vector belongs to a space that is there', count(*)
FROM vectors WHERE space NOT IN (SELECT space FROM spaces)
UNION ALL
SELECT 11, 'a content has one vector in a space', count(*) FROM (
    FROM vectors SELECT space, content_id GROUP BY ALL HAVING count(*) > 1
)
UNION ALL
SELECT 12, 'vectors have their space''s length and are finite', count(*)
FROM vectors v JOIN spaces s USING (space)
WHERE len(v.vector) <> s.dim
    OR list_count(v.vector) <> s.dim -- a sum passes over what is NULL
    OR NOT isfinite(list_sum(v.vector))
ORDER BY n
