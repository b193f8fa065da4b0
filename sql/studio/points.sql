-- Points of the map with the rank of their topic by size, and their place in time from 0 to 1.
WITH hues AS (
    SELECT topic_id, row_number() OVER (ORDER BY size DESC, topic_id) - 1 AS hue
    FROM topics
    WHERE level = 0
)
SELECT
    m.post_id, m.x::DOUBLE AS x, m.y::DOUBLE AS y,
    CASE WHEN h.hue < $hues THEN h.hue ELSE -1 END AS hue,
    coalesce(round(percent_rank() OVER (ORDER BY p.created_at), 3), 0) AS share
FROM map m
JOIN posts p USING (post_id)
LEFT JOIN post_topics t USING (post_id)
LEFT JOIN hues h ON h.topic_id = t.topic_id
ORDER BY hash(m.post_id)
LIMIT $most
