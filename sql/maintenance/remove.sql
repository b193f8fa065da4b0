-- Delete the posts in the registered table `chosen(post_id)`, their media,
-- predictions, observations, topics and labels, and the rows that were refused for their keys. The
-- posts and their media stay in the temporary tables `leaving` and `leaving_media`.

CREATE TEMP TABLE leaving AS SELECT * FROM posts SEMI JOIN chosen USING (post_id);
CREATE TEMP TABLE leaving_media AS
SELECT content_id, url FROM media WHERE post_id IN (SELECT post_id FROM leaving);

DELETE FROM posts WHERE post_id IN (SELECT post_id FROM leaving);
DELETE FROM media WHERE post_id IN (SELECT post_id FROM leaving);
DELETE FROM predictions WHERE post_id IN (SELECT post_id FROM leaving);
DELETE FROM observations WHERE post_id IN (SELECT post_id FROM leaving);
DELETE FROM post_topics WHERE post_id IN (SELECT post_id FROM leaving);
DELETE FROM labels WHERE post_id IN (SELECT post_id FROM leaving);

-- A row that was refused since its key belongs to one of these posts may hold the post's text.
-- Rows refused before migration 3 have no id: only their reason names the key.
DELETE FROM failures WHERE class = 'conflict' AND EXISTS (
    FROM leaving l
    WHERE CASE WHEN failures.id IS NOT NULL
        THEN failures.source = l.source AND failures.id = l.id
        ELSE starts_with(failures.reason, format('the key {}:{} belongs', l.source, l.id))
    END
);
