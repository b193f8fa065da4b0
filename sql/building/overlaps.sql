-- Posts of `sample` that another source has too: in the store, or in an input before it.
-- `reading(source, place)` lists the inputs' sources in their order, from 1. Posts that are stored
-- under their own key are left out: nothing new happens to them.

WITH looked_at AS (
    SELECT DISTINCT ON (s.source, s.id) s.source, s.id, s.platform, s.username, s.created_at, s.text
    FROM sample s
    ANTI JOIN posts p ON p.source = s.source AND p.id = s.id
),
others AS (
    SELECT p.source, p.id, p.platform, p.username, p.created_at, p.text, 0 AS place
    FROM posts p
    WHERE p.id IN (SELECT id FROM looked_at)
    UNION ALL
    SELECT l.*, r.place FROM looked_at l JOIN reading r USING (source)
)
SELECT
    l.source,
    o.source AS other,
    count(DISTINCT l.id) AS posts,
    (SELECT count(*) FROM looked_at a WHERE a.source = l.source) AS looked_at
FROM looked_at l
JOIN reading r ON r.source = l.source
JOIN others o ON o.id = l.id AND o.source <> l.source AND o.place < r.place
WHERE same_post(l, o)
GROUP BY l.source, o.source
ORDER BY posts DESC, l.source, o.source;
