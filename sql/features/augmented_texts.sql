-- Contents that the text field $field of the given posts is, each once, with its words.
SELECT c.content_id, any_value(c.sha256) AS sha256,
    any_value(CASE $field WHEN 'text' THEN p.text ELSE p.formatted_text END) AS text
FROM posts p
SEMI JOIN chosen USING (post_id)
JOIN contents c ON c.content_id
    = CASE $field WHEN 'text' THEN p.text_content_id ELSE p.formatted_content_id END
GROUP BY c.content_id
ORDER BY c.content_id
