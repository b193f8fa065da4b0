-- Count the posts of each topic, then of the groups level by level; groups without topics go.
DELETE FROM post_topics WHERE post_id NOT IN (SELECT post_id FROM posts);
UPDATE topics SET size = (
    SELECT count(*) FROM post_topics p WHERE p.topic_id = topics.topic_id
) WHERE level = 0;
DELETE FROM topics WHERE level = 1 AND topic_id NOT IN (
    SELECT parent_id FROM topics WHERE level = 0 AND parent_id IS NOT NULL
);
UPDATE topics SET size = (
    SELECT sum(t.size) FROM topics t WHERE t.parent_id = topics.topic_id
) WHERE level = 1;
DELETE FROM topics WHERE level = 2 AND topic_id NOT IN (
    SELECT parent_id FROM topics WHERE level = 1 AND parent_id IS NOT NULL
);
UPDATE topics SET size = (
    SELECT sum(t.size) FROM topics t WHERE t.parent_id = topics.topic_id
) WHERE level = 2;
