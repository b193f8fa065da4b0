-- How busy an account was before each post: no labels, only that posts were made.
SELECT
    coalesce(epoch(created_at - max(created_at) OVER earlier) / 86400, 'nan'::DOUBLE) AS quiet_days,
    count(*) OVER week AS posts_7d,
    count(*) OVER earlier AS posts_before
FROM posts
WINDOW
    earlier AS (
        PARTITION BY account ORDER BY created_at
        RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL 1 MICROSECOND PRECEDING
    ),
    week AS (
        PARTITION BY account ORDER BY created_at
        RANGE BETWEEN INTERVAL 7 DAYS PRECEDING AND INTERVAL 1 MICROSECOND PRECEDING
    )
ORDER BY row
