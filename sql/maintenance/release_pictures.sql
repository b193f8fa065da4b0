-- Give up the files of pictures that all spaces have seen and that only posts older than
-- `keep_days` days show. Their vectors stay; a picture that comes back becomes an image again.

CREATE OR REPLACE TEMP TABLE released AS
WITH seen AS (
    SELECT content_id FROM vectors SEMI JOIN (
        FROM spaces SELECT space WHERE images AND encoder <> 'none'
    ) USING (space)
    GROUP BY content_id
    HAVING count(*) = (SELECT count(*) FROM spaces WHERE images AND encoder <> 'none')
)
SELECT c.content_id, c.sha256
FROM contents c SEMI JOIN seen USING (content_id)
WHERE c.kind = 'image'
    AND regexp_full_match(c.sha256, '[0-9a-f]{64}')
    AND c.content_id NOT IN (
        SELECT m.content_id
        FROM media m JOIN posts p USING (post_id)
        WHERE m.content_id IS NOT NULL
            AND getvariable('keep_days') > 0 -- a post may be dated in the future
            AND p.created_at >= now() AT TIME ZONE 'UTC' - INTERVAL 1 DAY * getvariable('keep_days')
    );

UPDATE contents SET kind = 'released' WHERE content_id IN (SELECT content_id FROM released);

INSERT INTO pending_deletions SELECT 'image', sha256 FROM released;
