-- The topics that posts belong to, the largest first, with the names of their groups.
SELECT
    t.topic_id,
    t.name,
    t.size,
    t.size / greatest(1, (SELECT count(*) FROM post_topics)) AS share,
    g.name AS "group",
    t.words
FROM topics t
LEFT JOIN topics g ON g.topic_id = t.parent_id
WHERE t.level = 0
ORDER BY t.size DESC, t.topic_id
