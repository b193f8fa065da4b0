-- The posts on the map, with what a person wants to see beside them.
SELECT
    m.post_id,
    m.x,
    m.y,
    p.text,
    topic(m.post_id) AS topic,
    p.username,
    p.company,
    p.source,
    p.created_at,
    p.likes,
    c.sha256
FROM map m
JOIN posts p ON p.post_id = m.post_id
LEFT JOIN (
    SELECT post_id, min_by(content_id, position) AS content_id
    FROM media
    WHERE content_id IS NOT NULL
    GROUP BY post_id
) i ON i.post_id = m.post_id
LEFT JOIN contents c ON c.content_id = i.content_id AND c.kind = 'image'
