-- Link posts to contents where the link is missing: a formatted text stored before the first space
-- that embeds formatted texts, or a text whose damaged link a repair has set to NULL.

CREATE OR REPLACE TEMP TABLE unassigned AS
SELECT post_id, 'text' AS field, sha256(text) AS sha256
FROM posts
WHERE text_content_id IS NULL AND trim(text) <> ''
UNION ALL
SELECT post_id, 'formatted_text', sha256(formatted_text)
FROM posts
WHERE formatted_content_id IS NULL
    AND trim(text) <> ''
    AND EXISTS (FROM spaces WHERE text_field = 'formatted_text');

INSERT INTO contents
SELECT
    (SELECT next FROM counters WHERE name = 'content')
    + row_number() OVER (ORDER BY min(post_id), min(field)) - 1,
    sha256,
    'text'
FROM unassigned
WHERE sha256 NOT IN (SELECT sha256 FROM contents WHERE kind = 'text')
GROUP BY sha256;

UPDATE posts SET text_content_id = c.content_id
FROM unassigned u
JOIN contents c ON c.sha256 = u.sha256 AND c.kind = 'text'
WHERE u.field = 'text' AND posts.post_id = u.post_id;

UPDATE posts SET formatted_content_id = c.content_id
FROM unassigned u
JOIN contents c ON c.sha256 = u.sha256 AND c.kind = 'text'
WHERE u.field = 'formatted_text' AND posts.post_id = u.post_id;

UPDATE counters SET next = greatest(next, (SELECT coalesce(max(content_id), 0) + 1 FROM contents))
WHERE name = 'content';
