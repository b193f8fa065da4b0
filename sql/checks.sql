-- What must hold in a store, one row a rule: `broken` counts what breaks it.
SELECT 'two posts have the same key' AS rule, count(*) AS broken FROM (
    FROM posts SELECT source, id GROUP BY ALL HAVING count(*) > 1
)
UNION ALL
SELECT 'two posts have the same post_id', count(*) FROM (
    FROM posts SELECT post_id GROUP BY ALL HAVING count(*) > 1
)
UNION ALL
SELECT 'two contents are the same', count(*) FROM (
    FROM contents SELECT kind, sha256 GROUP BY ALL HAVING count(*) > 1
)
UNION ALL
SELECT 'a post''s text is not the content it is linked to', count(*)
FROM posts p LEFT JOIN contents c ON c.content_id = p.text_content_id
WHERE p.text_content_id IS NOT NULL AND c.sha256 IS DISTINCT FROM sha256(p.text)
UNION ALL
SELECT 'a post''s formatted text is not the content it is linked to', count(*)
FROM posts p LEFT JOIN contents c ON c.content_id = p.formatted_content_id
WHERE p.formatted_content_id IS NOT NULL AND c.sha256 IS DISTINCT FROM sha256(p.formatted_text)
UNION ALL
SELECT 'a picture is linked to a content that is not there', count(*)
FROM media m WHERE m.content_id IS NOT NULL
    AND m.content_id NOT IN (SELECT content_id FROM contents WHERE kind = 'image')
UNION ALL
SELECT 'media belong to a post that is not there', count(*)
FROM media WHERE post_id NOT IN (SELECT post_id FROM posts)
UNION ALL
SELECT 'contents are used by no post', count(*)
FROM contents
WHERE content_id NOT IN (SELECT text_content_id FROM posts WHERE text_content_id IS NOT NULL)
    AND content_id NOT IN (
        SELECT formatted_content_id FROM posts WHERE formatted_content_id IS NOT NULL
    )
    AND content_id NOT IN (SELECT content_id FROM media WHERE content_id IS NOT NULL)
UNION ALL
SELECT 'vectors belong to a content that is not there', count(*)
FROM vectors WHERE content_id NOT IN (SELECT content_id FROM contents)
UNION ALL
SELECT 'vectors belong to a space that is not there', count(*)
FROM vectors WHERE space NOT IN (SELECT space FROM spaces)
UNION ALL
SELECT 'a content has two vectors in one space', count(*) FROM (
    FROM vectors SELECT space, content_id GROUP BY ALL HAVING count(*) > 1
)
UNION ALL
SELECT 'vectors have the wrong length or are not finite', count(*)
FROM vectors v JOIN spaces s USING (space)
WHERE len(v.vector) <> s.dim OR NOT isfinite(list_sum(v.vector))
