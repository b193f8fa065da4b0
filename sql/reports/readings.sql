-- How old each post was when its likes were last read, in days.
SELECT
    o.post_id,
    epoch(max(o.observed_at) - any_value(p.created_at)) / 86400 AS age
FROM observations o
JOIN posts p USING (post_id)
WHERE o.kpi = 'likes' AND p.created_at IS NOT NULL
GROUP BY o.post_id
ORDER BY o.post_id
