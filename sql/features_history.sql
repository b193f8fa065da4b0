-- What was known of an account, its company and everyone when a post was made. `labels` are
-- the labels that may be used, numbered by time; a target sees those strictly before its own
-- `cutoff`. Frames go by RANGE, so that labels of one instant enter together or not at all.
WITH keyed AS (
    SELECT level, key, number, created_at, y
    FROM labels, LATERAL (
        VALUES ('account', username), ('company', company), ('all', '')
    ) AS k(level, key)
    WHERE key IS NOT NULL
),
state AS (
    SELECT DISTINCT ON (level, key, created_at)
        level, key, created_at,
        count(*) OVER w AS n,
        avg(y) OVER w AS mean,
        median(y) OVER w AS median,
        stddev_pop(y) OVER w AS deviation,
        max(number) OVER w AS last
    FROM keyed
    WINDOW w AS (
        PARTITION BY level, key ORDER BY created_at RANGE UNBOUNDED PRECEDING
    )
),
wanted AS (
    SELECT level, key, row, cutoff
    FROM targets, LATERAL (
        VALUES ('account', username), ('company', company), ('all', '')
    ) AS k(level, key)
)
SELECT
    w.level,
    w.row,
    coalesce(s.n, 0) AS n,
    coalesce(s.mean, 'nan'::DOUBLE) AS mean,
    coalesce(s.median, 'nan'::DOUBLE) AS median,
    coalesce(s.deviation, 'nan'::DOUBLE) AS deviation,
    coalesce(s.last, -1) AS last
FROM wanted w
ASOF LEFT JOIN state s
    ON s.level = w.level AND s.key = w.key AND w.cutoff > s.created_at
ORDER BY w.level, w.row
