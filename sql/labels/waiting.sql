-- The labels that posts have, the head that gave them, and how many posts with a vector in its
-- space have none yet: name, run_id, posts.
WITH given AS (
    SELECT name, max(run_id) AS run_id FROM labels GROUP BY name
),
heads AS (
    SELECT g.name, g.run_id, r.settings ->> 'space' AS space
    FROM given g
    LEFT JOIN runs r ON r.run_id = g.run_id
),
able AS (
    SELECT h.name, v.post_id FROM heads h JOIN text_vectors v ON v.space = h.space
    UNION
    SELECT h.name, v.post_id FROM heads h JOIN image_vectors v ON v.space = h.space
),
waiting AS (
    SELECT name, count(*) AS posts
    FROM able a
    ANTI JOIN labels l ON l.name = a.name AND l.post_id = a.post_id
    GROUP BY name
)
SELECT h.name, h.run_id, coalesce(w.posts, 0) AS posts
FROM heads h
LEFT JOIN waiting w ON w.name = h.name
ORDER BY h.name
