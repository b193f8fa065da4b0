-- Replace all topics by those in the registered tables `new_topics` and `new_centres`.
DELETE FROM topics;
DELETE FROM topic_centres;
DELETE FROM post_topics;
DELETE FROM topic_settings;
INSERT INTO topics BY NAME SELECT *, 0 AS size FROM new_topics;
INSERT INTO topic_centres BY NAME FROM new_centres;
