-- Fetched pictures, registered as `pictures(url, folder, sha256)`, as contents of the media that
-- show them. `folder` is NULL for what came from the web.

CREATE OR REPLACE TEMP TABLE replaced AS
SELECT m.content_id
FROM media m
JOIN pictures p ON m.url = p.url AND (p.folder IS NULL OR m.folder = p.folder)
WHERE m.content_id IS NOT NULL;

-- Its file is there again.
UPDATE contents SET kind = 'image'
WHERE kind = 'released' AND sha256 IN (SELECT sha256 FROM pictures);

INSERT INTO contents
SELECT
    (SELECT next FROM counters WHERE name = 'content') + row_number() OVER (ORDER BY sha256) - 1,
    sha256,
    'image'
FROM (SELECT DISTINCT sha256 FROM pictures)
WHERE sha256 NOT IN (SELECT sha256 FROM contents WHERE kind = 'image');

UPDATE counters SET next = greatest(next, (SELECT coalesce(max(content_id), 0) + 1 FROM contents))
WHERE name = 'content';

UPDATE media SET content_id = c.content_id
FROM pictures p JOIN contents c ON c.sha256 = p.sha256 AND c.kind = 'image'
WHERE media.url = p.url AND (p.folder IS NULL OR media.folder = p.folder);

DELETE FROM failures WHERE stage = 'fetch' AND url IN (SELECT url FROM pictures);
