-- Points of the map with their topic, -1 for none, and their place in time from 0 to 1.
SELECT
    m.post_id, m.x::DOUBLE AS x, m.y::DOUBLE AS y, coalesce(t.topic_id, -1) AS topic,
    coalesce(round(percent_rank() OVER (ORDER BY p.created_at), 3), 0) AS share
FROM map m
JOIN posts p USING (post_id)
LEFT JOIN post_topics t USING (post_id)
ORDER BY hash(m.post_id)
LIMIT $most
