-- Find the contents that imported vectors belong to. The registered table `given` has a row for
-- each usable vector: n, key, text, position and url. `$kind` is texts or images.
-- Result: one row for each n, with its content, or the reason why there is none.

CREATE OR REPLACE TEMP TABLE whole_keys AS
SELECT g.n, p.post_id
FROM given g
JOIN posts p ON concat(p.source, ':', p.id) = g.key;

-- A key without a source names a post where only one source has it.
CREATE OR REPLACE TEMP TABLE named AS
SELECT n, min(post_id) AS post_id, count(*) AS posts
FROM (
    FROM whole_keys
    UNION ALL
    SELECT g.n, p.post_id
    FROM given g
    JOIN posts p ON p.id = g.key
    WHERE g.n NOT IN (SELECT n FROM whole_keys)
)
GROUP BY n;

-- A vector is that of its text, whatever post has it. A row with a text goes by its key only where
-- the key is whole: a file's own number may happen to be the id of another post.
CREATE OR REPLACE TEMP TABLE of_texts AS
WITH said AS (
    SELECT g.n, min(p.text_content_id) AS content_id
    FROM given g
    JOIN posts p ON p.text = g.text
    WHERE $kind = 'texts' AND p.text_content_id IS NOT NULL
    GROUP BY g.n
),
said_raw AS (
    SELECT g.n, min(p.text_content_id) AS content_id
    FROM given g
    JOIN posts p ON p.text_raw = g.text
    WHERE $kind = 'texts' AND p.text_content_id IS NOT NULL
    GROUP BY g.n
)
SELECT
    g.n,
    coalesce(s.content_id, r.content_id, p.text_content_id) AS content_id,
    CASE
        WHEN coalesce(s.content_id, r.content_id, p.text_content_id) IS NOT NULL THEN NULL
        WHEN g.key IS NULL AND g.text IS NULL THEN 'the row names no post: it has no key and no text'
        WHEN g.text IS NOT NULL AND g.key IS NOT NULL AND o.n IS NOT NULL
        THEN 'no post has this text: --key COLUMN goes by the key alone'
        WHEN g.text IS NOT NULL THEN 'no post has this text'
        WHEN o.posts > 1 THEN 'the id belongs to posts of several sources: write source:id'
        WHEN o.n IS NULL THEN 'no post has this key'
        ELSE 'the post has no text'
    END AS reason
FROM given g
LEFT JOIN said s ON s.n = g.n
LEFT JOIN said_raw r ON r.n = g.n
LEFT JOIN named o ON o.n = g.n
LEFT JOIN posts p
    ON p.post_id = o.post_id
    AND o.posts = 1
    AND (g.text IS NULL OR g.n IN (SELECT n FROM whole_keys));

CREATE OR REPLACE TEMP TABLE of_images AS
WITH shown AS (
    SELECT m.post_id, m.position, m.url, m.content_id
    FROM media m
    JOIN contents c ON c.content_id = m.content_id AND c.kind IN ('image', 'released')
    WHERE $kind = 'images'
),
by_key AS (
    SELECT g.n, min(s.content_id) AS content_id, count(DISTINCT s.content_id) AS pictures
    FROM given g
    JOIN named o ON o.n = g.n AND o.posts = 1
    JOIN shown s ON s.post_id = o.post_id AND s.position = coalesce(g.position, s.position)
    GROUP BY g.n
),
by_url AS (
    SELECT g.n, min(s.content_id) AS content_id
    FROM given g
    JOIN shown s ON s.url = g.url
    WHERE g.key IS NULL
    GROUP BY g.n
)
SELECT
    g.n,
    coalesce(CASE WHEN k.pictures = 1 THEN k.content_id END, u.content_id) AS content_id,
    CASE
        WHEN k.pictures = 1 OR u.content_id IS NOT NULL THEN NULL
        WHEN g.key IS NULL AND g.url IS NULL
        THEN 'the row names no picture: it has no key and no url'
        WHEN g.key IS NULL THEN 'no picture has this url'
        WHEN o.posts > 1 THEN 'the id belongs to posts of several sources: write source:id'
        WHEN o.n IS NULL THEN 'no post has this key'
        WHEN k.pictures > 1 THEN 'the post has several pictures: add a column `position`, from 0'
        ELSE 'the post has no picture there'
    END AS reason
FROM given g
LEFT JOIN named o ON o.n = g.n
LEFT JOIN by_key k ON k.n = g.n
LEFT JOIN by_url u ON u.n = g.n;

CREATE OR REPLACE TEMP TABLE placed AS
WITH found AS (
    SELECT * FROM of_texts WHERE $kind = 'texts'
    UNION ALL
    SELECT * FROM of_images WHERE $kind = 'images'
)
SELECT
    f.n,
    f.content_id,
    f.reason,
    v.content_id IS NOT NULL
    OR row_number() OVER (PARTITION BY f.content_id ORDER BY f.n) > 1 AS known
FROM found f
LEFT JOIN (SELECT content_id FROM vectors WHERE space = $space) v ON v.content_id = f.content_id;
