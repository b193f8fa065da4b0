-- The batch in `staged` (stage_posts.sql) into the store, inside one transaction.

-- The last word on each key. An empty cell never erases what is known, so that a later file
-- with likes alone can update them.
CREATE OR REPLACE TEMP TABLE latest AS
WITH accepted AS (
    SELECT s.* EXCLUDE (line, observed_at, account), i.rows > 1 AS repeated
    FROM staged s
    JOIN identity i ON i.source = s.source AND i.id = s.id
    WHERE s.n NOT IN (SELECT n FROM refused)
)
-- Nearly all keys have one row.
SELECT * EXCLUDE (turn, repeated) FROM accepted WHERE NOT repeated
UNION ALL BY NAME
SELECT
    source,
    id,
    min(n) AS n,
    arg_max(COLUMNS([
        'platform', 'username', 'company', 'text', 'kind', 'lang', 'parent_id', 'permalink',
        'media_raw', 'extra', 'patch'
    ]), n),
    -- Goes with the text, also where it is NULL.
    arg_max_null(text_raw, n) FILTER (text IS NOT NULL) AS text_raw,
    arg_max(COLUMNS([
        'likes', 'comments', 'shares', 'quotes', 'views', 'bookmarks', 'impressions', 'reach',
        'clicks', 'video_views', 'followers', 'reactions'
    ]), turn),
    -- The finest time, the first of these.
    arg_max(COLUMNS(['created_at', 'created_precision', 'rank']), rank * 1000000000 - n)
FROM accepted
WHERE repeated
GROUP BY source, id;

CREATE OR REPLACE TEMP TABLE merged AS
WITH joined AS (
    SELECT
        l.n,
        l.source,
        l.id,
        e.post_id AS old_id,
        -- As it was written first: `@Name` and `name` are one account.
        coalesce(e.username, l.username) AS username,
        CASE WHEN l.rank > coalesce(e.rank, 0) THEN l.created_at ELSE e.created_at END
            AS created_at,
        CASE
            WHEN l.rank > coalesce(e.rank, 0) THEN l.created_precision
            WHEN l.rank = e.rank THEN coalesce(e.created_precision, l.created_precision)
            ELSE e.created_precision
        END AS created_precision,
        CASE WHEN l.text IS NULL THEN e.text_raw ELSE l.text_raw END AS text_raw,
        coalesce(l.platform, e.platform) AS platform,
        coalesce(l.company, e.company) AS company,
        coalesce(l.text, e.text) AS text,
        coalesce(l.kind, e.kind) AS kind,
        coalesce(l.lang, e.lang) AS lang,
        coalesce(l.parent_id, e.parent_id) AS parent_id,
        coalesce(l.permalink, e.permalink) AS permalink,
        coalesce(l.likes, e.likes) AS likes,
        coalesce(l.comments, e.comments) AS comments,
        coalesce(l.shares, e.shares) AS shares,
        coalesce(l.quotes, e.quotes) AS quotes,
        coalesce(l.views, e.views) AS views,
        coalesce(l.bookmarks, e.bookmarks) AS bookmarks,
        coalesce(l.impressions, e.impressions) AS impressions,
        coalesce(l.reach, e.reach) AS reach,
        coalesce(l.clicks, e.clicks) AS clicks,
        coalesce(l.video_views, e.video_views) AS video_views,
        coalesce(l.followers, e.followers) AS followers,
        coalesce(l.media_raw, e.media_raw) AS media_raw,
        coalesce(l.reactions, e.reactions::VARCHAR) AS reactions,
        CASE WHEN l.extra IS NULL OR e.extra IS NULL THEN coalesce(l.extra, e.extra)
             ELSE json_merge_patch(e.extra, l.patch) END::VARCHAR AS extra
    FROM latest l
    LEFT JOIN existing e ON e.source = l.source AND e.id = l.id
)
SELECT
    *,
    coalesce(
        old_id,
        (SELECT next FROM counters WHERE name = 'post')
        + row_number() OVER (PARTITION BY old_id IS NULL ORDER BY n) - 1
    ) AS post_id
FROM joined;

-- New posts, and stored ones of which something is different now: `updated` if they say something
-- else, and not only what reading can tell about older posts since it has learnt to.
CREATE OR REPLACE TEMP TABLE changed AS
WITH compared AS (
    SELECT
        m.*,
        m.media_raw IS DISTINCT FROM e.media_raw AS media_changed,
        m.old_id IS NOT NULL AND (
            m.username IS DISTINCT FROM e.username
            OR m.company IS DISTINCT FROM e.company
            OR m.created_at IS DISTINCT FROM e.created_at
            OR m.text IS DISTINCT FROM e.text
            OR m.text_raw IS DISTINCT FROM e.text_raw
            OR m.likes IS DISTINCT FROM e.likes
            OR m.comments IS DISTINCT FROM e.comments
            OR m.shares IS DISTINCT FROM e.shares
            OR m.quotes IS DISTINCT FROM e.quotes
            OR m.views IS DISTINCT FROM e.views
            OR m.bookmarks IS DISTINCT FROM e.bookmarks
            OR m.impressions IS DISTINCT FROM e.impressions
            OR m.reach IS DISTINCT FROM e.reach
            OR m.clicks IS DISTINCT FROM e.clicks
            OR m.video_views IS DISTINCT FROM e.video_views
            OR m.followers IS DISTINCT FROM e.followers
            OR m.media_raw IS DISTINCT FROM e.media_raw
            OR m.reactions IS DISTINCT FROM e.reactions::VARCHAR
            OR m.extra IS DISTINCT FROM e.extra::VARCHAR
            OR m.platform <> e.platform
            OR m.created_precision <> e.created_precision
            OR m.kind <> e.kind
            OR m.lang <> e.lang
            OR m.parent_id <> e.parent_id
            OR m.permalink <> e.permalink
        ) IS TRUE AS updated,
        m.platform IS DISTINCT FROM e.platform
        OR m.created_precision IS DISTINCT FROM e.created_precision
        OR m.kind IS DISTINCT FROM e.kind
        OR m.lang IS DISTINCT FROM e.lang
        OR m.parent_id IS DISTINCT FROM e.parent_id
        OR m.permalink IS DISTINCT FROM e.permalink AS told_now
    FROM merged m
    LEFT JOIN existing e ON e.post_id = m.old_id
)
SELECT * EXCLUDE (told_now), format_post(created_at, company, text) AS formatted_text
FROM compared
WHERE old_id IS NULL OR updated OR told_now;

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
    created_precision = c.created_precision,
    text = c.text,
    formatted_text = c.formatted_text,
    text_raw = c.text_raw,
    platform = c.platform,
    kind = c.kind,
    lang = c.lang,
    parent_id = c.parent_id,
    permalink = c.permalink,
    likes = c.likes,
    comments = c.comments,
    shares = c.shares,
    quotes = c.quotes,
    views = c.views,
    bookmarks = c.bookmarks,
    impressions = c.impressions,
    reach = c.reach,
    clicks = c.clicks,
    video_views = c.video_views,
    followers = c.followers,
    media_raw = c.media_raw,
    reactions = c.reactions,
    extra = c.extra,
    text_content_id = l.text_content_id,
    formatted_content_id = l.formatted_content_id
FROM changed c
LEFT JOIN linked l ON l.post_id = c.post_id
WHERE posts.post_id = c.old_id;

INSERT INTO posts BY NAME
SELECT
    c.* EXCLUDE (n, old_id, media_changed, updated),
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
