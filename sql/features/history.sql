-- What is known of one key (an account, a company, everyone) once a post's label is. `labels`
-- are the labels that may be used, numbered by time. Frames go by RANGE, so that labels of one
-- instant enter together or not at all.
SELECT
    count(*) OVER w AS n,
    avg(y) OVER w AS mean,
    median(y) OVER w AS median,
    stddev_pop(y) OVER w AS deviation,
    max(number) OVER w AS last
FROM labels
WINDOW w AS (
    PARTITION BY key ORDER BY created_at RANGE UNBOUNDED PRECEDING
)
ORDER BY number
