-- The topic that fits each post best, by name.
SELECT p.post_id, t.name
FROM (SELECT post_id, arg_max(topic_id, score) AS topic_id FROM post_topics GROUP BY post_id) p
JOIN topics t USING (topic_id)
WHERE t.name IS NOT NULL
ORDER BY p.post_id
