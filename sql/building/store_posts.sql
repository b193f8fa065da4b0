-- One batch of posts into the store, inside one transaction. `batch` is registered by
-- `embedstore.ingest`; its rows are numbered by `n` in the order of the file.

CREATE OR REPLACE TEMP TABLE staged AS SELECT * FROM batch;

-- In two steps: to look through all keys is quick, to read all posts is not.
CREATE OR REPLACE TEMP TABLE existing_ids AS
SELECT p.post_id FROM posts p SEMI JOIN staged s ON p.source = s.source AND p.id = s.id;

CREATE OR REPLACE TEMP TABLE existing AS
SELECT p.* FROM posts p SEMI JOIN existing_ids e ON e.post_id = p.post_id;

-- Who and when a key stands for: what is stored, or the key's first row.
CREATE OR REPLACE TEMP TABLE identity AS
SELECT
    s.source,
    s.id,
    coalesce(any_value(e.username), arg_min(s.username, s.n)) AS username,
    coalesce(any_value(e.created_at), arg_min(s.created_at, s.n)) AS created_at
FROM staged s
LEFT JOIN existing e ON e.source = s.source AND e.id = s.id
GROUP BY s.source, s.id;

CREATE OR REPLACE TEMP TABLE conflicts AS
SELECT
    s.n,
    s.source,
    s.id,
    s.line,
    s.raw,
    CASE
        WHEN s.username <> i.username
        THEN format('the key {}:{} belongs to account {}, this row has {}',
                    s.source, s.id, i.username, s.username)
        ELSE format('the key {}:{} belongs to a post of {}, this row has {}',
                    s.source, s.id, i.created_at::VARCHAR, s.created_at::VARCHAR)
    END AS reason
FROM staged s
JOIN identity i ON i.source = s.source AND i.id = s.id
WHERE s.username <> i.username OR s.created_at <> i.created_at;

-- The last word on each key. An empty cell never erases what is known, so that a later file
-- with likes alone can update them.
CREATE OR REPLACE TEMP TABLE latest AS
SELECT
    source,
    id,
    min(n) AS n,
    arg_max(username, n) AS username,
    arg_max(company, n) AS company,
    arg_max(created_at, n) AS created_at,
    arg_max(text, n) AS text,
    arg_max(likes, n) AS likes,
    arg_max(comments, n) AS comments,
    arg_max(shares, n) AS shares,
    arg_max(quotes, n) AS quotes,
    arg_max(views, n) AS views,
    arg_max(media_raw, n) AS media_raw,
    arg_max(extra, n) AS extra
FROM staged
WHERE n NOT IN (SELECT n FROM conflicts)
GROUP BY source, id;

CREATE OR REPLACE TEMP TABLE merged AS
WITH joined AS (
    SELECT
        l.n,
        l.source,
        l.id,
        e.post_id AS old_id,
        coalesce(l.username, e.username) AS username,
        coalesce(l.company, e.company) AS company,
        coalesce(l.created_at, e.created_at) AS created_at,
        coalesce(l.text, e.text) AS text,
        coalesce(l.likes, e.likes) AS likes,
        coalesce(l.comments, e.comments) AS comments,
        coalesce(l.shares, e.shares) AS shares,
        coalesce(l.quotes, e.quotes) AS quotes,
        coalesce(l.views, e.views) AS views,
        coalesce(l.media_raw, e.media_raw) AS media_raw,
        CASE WHEN l.extra IS NULL OR e.extra IS NULL THEN coalesce(l.extra, e.extra)
             ELSE json_merge_patch(e.extra, l.extra) END::VARCHAR AS extra
    FROM latest l
    LEFT JOIN existing e ON e.source = l.source AND e.id = l.id
)
SELECT
    *,
    format_post(created_at, company, text) AS formatted_text,
    coalesce(
        old_id,
        (SELECT next FROM counters WHERE name = 'post')
        + row_number() OVER (PARTITION BY old_id IS NULL ORDER BY n) - 1
    ) AS post_id
FROM joined;

-- New posts, and stored ones that say something else now.
CREATE OR REPLACE TEMP TABLE changed AS
SELECT
    m.*,
    m.media_raw IS DISTINCT FROM e.media_raw AS media_changed,
    m.text IS DISTINCT FROM e.text AS text_changed
FROM merged m
LEFT JOIN existing e ON e.post_id = m.old_id
WHERE
    m.old_id IS NULL
    OR m.username IS DISTINCT FROM e.username
    OR m.company IS DISTINCT FROM e.company
    OR m.created_at IS DISTINCT FROM e.created_at
    OR m.text IS DISTINCT FROM e.text
    OR m.likes IS DISTINCT FROM e.likes
    OR m.comments IS DISTINCT FROM e.comments
    OR m.shares IS DISTINCT FROM e.shares
    OR m.quotes IS DISTINCT FROM e.quotes
    OR m.views IS DISTINCT FROM e.views
    OR m.media_raw IS DISTINCT FROM e.media_raw
    OR m.extra IS DISTINCT FROM e.extra::VARCHAR;

-- Texts as contents: each distinct one once, however many posts share it.
CREATE OR REPLACE TEMP TABLE wanted AS
SELECT post_id, n, 'text' AS field, sha256(text) AS sha256
FROM changed
WHERE trim(text) <> ''
UNION ALL
SELECT post_id, n, 'formatted_text', sha256(formatted_text)
FROM changed
WHERE trim(text) <> '' AND EXISTS (FROM spaces WHERE text_field = 'formatted_text');

CREATE OR REPLACE TEMP TABLE known_texts AS
SELECT c.content_id, c.sha256
FROM contents c SEMI JOIN wanted w ON w.sha256 = c.sha256
WHERE c.kind = 'text';

CREATE OR REPLACE TEMP TABLE fresh_texts AS
SELECT
    (SELECT next FROM counters WHERE name = 'content')
    + row_number() OVER (ORDER BY min(n), min(field)) - 1 AS content_id,
    sha256
FROM wanted
WHERE sha256 NOT IN (SELECT sha256 FROM known_texts)
GROUP BY sha256;

INSERT INTO contents SELECT content_id, sha256, 'text' FROM fresh_texts;

CREATE OR REPLACE TEMP TABLE linked AS
SELECT
    w.post_id,
    max(c.content_id) FILTER (w.field = 'text') AS text_content_id,
    max(c.content_id) FILTER (w.field = 'formatted_text') AS formatted_content_id
FROM wanted w
JOIN (FROM known_texts UNION ALL FROM fresh_texts) c ON c.sha256 = w.sha256
GROUP BY w.post_id;

UPDATE posts SET
    username = c.username,
    company = c.company,
    created_at = c.created_at,
    text = c.text,
    formatted_text = c.formatted_text,
    likes = c.likes,
    comments = c.comments,
    shares = c.shares,
    quotes = c.quotes,
    views = c.views,
    media_raw = c.media_raw,
    extra = c.extra,
    text_content_id = l.text_content_id,
    formatted_content_id = l.formatted_content_id
FROM changed c
LEFT JOIN linked l ON l.post_id = c.post_id
WHERE posts.post_id = c.old_id;

INSERT INTO posts BY NAME
SELECT
    c.* EXCLUDE (n, old_id, media_changed, text_changed),
    l.text_content_id,
    l.formatted_content_id
FROM changed c
LEFT JOIN linked l ON l.post_id = c.post_id
WHERE c.old_id IS NULL
ORDER BY c.post_id;

UPDATE counters SET next = greatest(
    next,
    CASE name
        WHEN 'post' THEN (SELECT coalesce(max(post_id), 0) + 1 FROM changed)
        WHEN 'content' THEN (SELECT coalesce(max(content_id), 0) + 1 FROM (
            SELECT text_content_id AS content_id FROM linked
            UNION ALL SELECT formatted_content_id FROM linked))
        ELSE 0
    END
);
