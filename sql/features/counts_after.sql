-- The readings of the count $kpi nearest to the age of $hours hours, on either side of it, of each
-- post that has both. An age is told by the moments of posting and of reading, so that posts
-- whose day alone is known have none.
WITH readings AS (
    SELECT
        o.post_id,
        o.value::DOUBLE AS value,
        (epoch_us(o.observed_at) - epoch_us(p.created_at)) / 3.6e9 AS age
    FROM observations o
    JOIN posts p USING (post_id)
    WHERE o.kpi = $kpi AND o.value >= 0 AND p.created_precision IS DISTINCT FROM 'day'
)
SELECT
    post_id,
    max(age) FILTER (age <= $hours) AS age_before,
    arg_max(value, age) FILTER (age <= $hours) AS before,
    min(age) FILTER (age >= $hours) AS age_after,
    arg_min(value, age) FILTER (age >= $hours) AS after
FROM readings
WHERE age BETWEEN $hours / $reach AND $hours * $reach
GROUP BY post_id
HAVING age_before IS NOT NULL AND age_after IS NOT NULL
ORDER BY post_id
