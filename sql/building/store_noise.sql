-- Noise for posts none of whose pictures could be had: a content of its own for each post, drawn
-- from a seed when it is encoded. A picture that comes later takes its place.

CREATE OR REPLACE TEMP TABLE bare AS
SELECT post_id, sha256(format('noise for post {}', post_id)) AS sha256
FROM media
GROUP BY post_id
HAVING count(content_id) = 0;

INSERT INTO contents
SELECT
    (SELECT next FROM counters WHERE name = 'content') + row_number() OVER (ORDER BY post_id) - 1,
    sha256,
    'noise'
FROM bare;

UPDATE media SET content_id = c.content_id
FROM bare b JOIN contents c ON c.sha256 = b.sha256 AND c.kind = 'noise'
WHERE media.post_id = b.post_id AND media.position = 0;

UPDATE counters SET next = greatest(next, (SELECT coalesce(max(content_id), 0) + 1 FROM contents))
WHERE name = 'content';
