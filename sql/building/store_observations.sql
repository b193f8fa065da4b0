-- The table `observed` of observe_counts.sql into `observations`: the same count of the same
-- moment once, the last word on it.

CREATE OR REPLACE TEMP TABLE observed_posts AS
SELECT m.post_id, o.kpi, o.observed_at, arg_max(o.value, o.n) AS value
FROM observed o
JOIN merged m ON m.source = o.source AND m.id = o.id
WHERE o.n NOT IN (SELECT n FROM refused)
GROUP BY m.post_id, o.kpi, o.observed_at;

CREATE OR REPLACE TEMP TABLE new_observations AS
SELECT o.*, k.value IS NULL AS fresh
FROM observed_posts o
LEFT JOIN observations k
    ON k.post_id = o.post_id AND k.kpi = o.kpi AND k.observed_at = o.observed_at
WHERE k.value IS DISTINCT FROM o.value;

UPDATE observations SET value = o.value
FROM new_observations o
WHERE NOT o.fresh
    AND observations.post_id = o.post_id
    AND observations.kpi = o.kpi
    AND observations.observed_at = o.observed_at;

INSERT INTO observations
SELECT post_id, kpi, observed_at, value FROM new_observations WHERE fresh ORDER BY ALL;
