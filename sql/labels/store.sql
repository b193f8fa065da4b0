-- Replace the labels of one name by those in the registered table `given`; posts that were
-- removed meanwhile are left out.
DELETE FROM labels WHERE name IN (SELECT name FROM given);
INSERT INTO labels BY NAME FROM given SEMI JOIN posts USING (post_id);
