-- One batch of posts, registered as `batch` with its rows numbered by `n` in the order of the
-- file: what is stored of its keys, and which of its rows must be refused.

-- A time without a precision comes from an older store: midnight may stand for a whole day.
CREATE OR REPLACE TEMP MACRO precision_rank(created_at, created_precision) AS
    CASE
        WHEN created_at IS NULL THEN NULL
        WHEN created_precision = 'day' THEN 1
        WHEN created_precision = 'minute' THEN 2
        WHEN created_precision IS NULL AND created_at = date_trunc('day', created_at) THEN 1
        ELSE 3
    END::BIGINT;

-- Whether two times can be the same moment, known to different precision. A date alone is that
-- of some time zone: from 14 hours before UTC to 12 hours behind.
CREATE OR REPLACE TEMP MACRO same_moment(a, rank_a, b, rank_b) AS
    CASE
        WHEN rank_a = 1 AND rank_b = 1 THEN a = b
        WHEN rank_a = 1 THEN b >= a - INTERVAL 14 HOURS AND b < a + INTERVAL 36 HOURS
        WHEN rank_b = 1 THEN a >= b - INTERVAL 14 HOURS AND a < b + INTERVAL 36 HOURS
        WHEN rank_a = 2 OR rank_b = 2 THEN date_trunc('minute', a) = date_trunc('minute', b)
        ELSE date_trunc('second', a) = date_trunc('second', b)
    END;

-- Counts are taken in the order `turn`: the order of the file, unless rows say when their counts
-- were read (see observe_counts.sql).
CREATE OR REPLACE TEMP TABLE staged AS
SELECT
    * EXCLUDE (raw),
    n AS turn,
    fold_username(username) AS account,
    precision_rank(created_at, created_precision) AS rank
FROM batch;

-- In two steps: to look through all keys is quick, to read all posts is not.
CREATE OR REPLACE TEMP TABLE existing_ids AS
SELECT p.post_id FROM posts p SEMI JOIN staged s ON p.source = s.source AND p.id = s.id;

CREATE OR REPLACE TEMP TABLE existing AS
SELECT
    p.*,
    fold_username(p.username) AS account,
    precision_rank(p.created_at, p.created_precision) AS rank
FROM posts p SEMI JOIN existing_ids e ON e.post_id = p.post_id;

-- The account and time that a key stands for: as stored, or those of the key's first row.
CREATE OR REPLACE TEMP TABLE identity AS
SELECT
    s.source,
    s.id,
    coalesce(any_value(e.username), arg_min(s.username, s.n)) AS username,
    coalesce(any_value(e.account), arg_min(s.account, s.n)) AS account,
    coalesce(any_value(e.created_at), arg_min(s.created_at, s.n)) AS created_at,
    coalesce(any_value(e.rank), arg_min(s.rank, s.n)) AS rank,
    any_value(e.post_id) IS NOT NULL AS stored,
    count(*) AS rows
FROM staged s
LEFT JOIN existing e ON e.source = s.source AND e.id = s.id
GROUP BY s.source, s.id;

-- The finest time that goes with it: later rows have to agree with that one too.
CREATE OR REPLACE TEMP TABLE finest AS
SELECT
    s.source,
    s.id,
    arg_max(s.created_at, s.rank * 1000000000 - s.n) AS created_at,
    max(s.rank) AS rank
FROM staged s
JOIN identity i ON i.source = s.source AND i.id = s.id
WHERE s.rank > i.rank AND same_moment(s.created_at, s.rank, i.created_at, i.rank)
GROUP BY s.source, s.id;

CREATE OR REPLACE TEMP TABLE refused AS
SELECT
    s.n,
    s.source,
    s.id,
    s.line,
    'conflict' AS class,
    CASE
        WHEN s.account <> i.account
        THEN format('the key {}:{} belongs to account {}, this row has {}',
                    s.source, s.id, i.username, s.username)
        ELSE format('the key {}:{} belongs to a post of {}, this row has {}',
                    s.source, s.id,
                    coalesce(f.created_at, i.created_at)::VARCHAR, s.created_at::VARCHAR)
    END AS reason
FROM staged s
JOIN identity i ON i.source = s.source AND i.id = s.id
LEFT JOIN finest f ON f.source = s.source AND f.id = s.id
WHERE s.account <> i.account
    OR NOT same_moment(s.created_at, s.rank, i.created_at, i.rank)
    OR NOT same_moment(s.created_at, s.rank, f.created_at, f.rank);

-- A row of counts alone needs a post that it belongs to: a stored one, or one of the same batch.
INSERT INTO refused
SELECT
    s.n, s.source, s.id, s.line, 'unknown',
    'no text, and no post with this key is stored'
FROM staged s
JOIN identity i ON i.source = s.source AND i.id = s.id
WHERE s.text IS NULL
    AND s.media_raw IS NULL
    AND NOT i.stored
    AND s.n NOT IN (SELECT n FROM refused)
    AND NOT EXISTS (
        FROM staged o
        WHERE o.source = s.source
            AND o.id = s.id
            AND (o.text IS NOT NULL OR o.media_raw IS NOT NULL)
            AND o.n NOT IN (SELECT n FROM refused)
    );
