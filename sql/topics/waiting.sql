-- How many posts with a text in the topics' space were not looked at yet, or have another text now.
SELECT count(*)
FROM posts p
JOIN topic_settings s ON true
JOIN vectors v ON v.space = s.space AND v.content_id = p.text_content_id
ANTI JOIN post_topics t ON t.post_id = p.post_id AND t.content_id = p.text_content_id
