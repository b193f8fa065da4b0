-- Store the topics of posts in the registered table `assigned`; posts that were removed
-- meanwhile are left out.
DELETE FROM post_topics WHERE post_id IN (SELECT post_id FROM assigned);
INSERT INTO post_topics BY NAME FROM assigned SEMI JOIN posts USING (post_id);
