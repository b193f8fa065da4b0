-- Delete or unlink the rows that checks.sql counts and that can be derived again: the next build
-- makes them anew. Posts are never deleted, except all but the latest with the same key.

DELETE FROM posts WHERE rowid NOT IN (SELECT max(rowid) FROM posts GROUP BY source, id);

UPDATE posts SET text_content_id = NULL
WHERE text_content_id IS NOT NULL AND NOT EXISTS (
    FROM contents c WHERE c.content_id = posts.text_content_id AND c.sha256 = sha256(posts.text)
);
UPDATE posts SET formatted_content_id = NULL
WHERE formatted_content_id IS NOT NULL AND NOT EXISTS (
    FROM contents c
    WHERE c.content_id = posts.formatted_content_id AND c.sha256 = sha256(posts.formatted_text)
);

DELETE FROM media WHERE post_id NOT IN (SELECT post_id FROM posts);
UPDATE media SET content_id = NULL
WHERE content_id NOT IN (SELECT content_id FROM contents WHERE kind <> 'text');

DELETE FROM vectors v USING spaces s
WHERE s.space = v.space
    AND (
        len(v.vector) <> s.dim
        OR list_count(v.vector) <> s.dim
        OR NOT isfinite(list_sum(v.vector))
    );
DELETE FROM vectors WHERE rowid NOT IN (SELECT max(rowid) FROM vectors GROUP BY space, content_id);
DELETE FROM vectors WHERE space NOT IN (SELECT space FROM spaces);
DELETE FROM vectors WHERE content_id NOT IN (SELECT content_id FROM contents);
DELETE FROM augmented WHERE space NOT IN (SELECT space FROM spaces);
DELETE FROM augmented WHERE content_id NOT IN (SELECT content_id FROM contents);
