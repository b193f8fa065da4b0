-- Delete the contents in the temporary table `candidates(content_id)` that no post or picture uses
-- any more, with their vectors. Their rows are left in the temporary table `forgotten`, and the
-- files of their images are written down to be deleted.

CREATE OR REPLACE TEMP TABLE forgotten AS
SELECT c.*
FROM contents c
SEMI JOIN candidates d ON d.content_id = c.content_id
WHERE c.content_id NOT IN (SELECT text_content_id FROM posts WHERE text_content_id IS NOT NULL)
    AND c.content_id NOT IN (
        SELECT formatted_content_id FROM posts WHERE formatted_content_id IS NOT NULL
    )
    AND c.content_id NOT IN (SELECT content_id FROM media WHERE content_id IS NOT NULL);

DELETE FROM vectors WHERE content_id IN (SELECT content_id FROM forgotten);
DELETE FROM augmented WHERE content_id IN (SELECT content_id FROM forgotten);
DELETE FROM words WHERE content_id IN (SELECT content_id FROM forgotten);
DELETE FROM text_lengths WHERE content_id IN (SELECT content_id FROM forgotten);
DELETE FROM contents WHERE content_id IN (SELECT content_id FROM forgotten);

-- A name that is no SHA-256 in hexadecimal would be a path to some other file.
INSERT INTO pending_deletions
SELECT 'image', sha256 FROM forgotten
WHERE kind = 'image' AND regexp_full_match(sha256, '[0-9a-f]{64}');
