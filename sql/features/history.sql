-- What was known of one key (an account, a company, everyone) when a post was made. `labels`
-- are the labels that may be used, numbered by time; a post sees those of its key strictly
-- before its own `cutoff`. Frames go by RANGE, so that labels of one instant enter together or
-- not at all; whichever of them is joined says the same.
WITH state AS (
    SELECT
        key, created_at,
        count(*) OVER w AS n,
        avg(y) OVER w AS mean,
        median(y) OVER w AS median,
        stddev_pop(y) OVER w AS deviation,
        max(number) OVER w AS last
    FROM labels
    WINDOW w AS (
        PARTITION BY key ORDER BY created_at RANGE UNBOUNDED PRECEDING
    )
)
SELECT
    coalesce(s.n, 0)::INTEGER AS n,
    coalesce(s.mean, 'nan'::DOUBLE) AS mean,
    coalesce(s.median, 'nan'::DOUBLE) AS median,
    coalesce(s.deviation, 'nan'::DOUBLE) AS deviation,
    coalesce(s.last, -1) AS last
FROM posts p
ASOF LEFT JOIN state s ON s.key = p.key AND p.cutoff > s.created_at
ORDER BY p.row
