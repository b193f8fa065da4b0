-- What platforms tell beside text and likes, and counts over time.

ALTER TABLE posts ADD COLUMN platform VARCHAR;
ALTER TABLE posts ADD COLUMN created_precision VARCHAR;
ALTER TABLE posts ADD COLUMN text_raw VARCHAR;
ALTER TABLE posts ADD COLUMN kind VARCHAR;
ALTER TABLE posts ADD COLUMN lang VARCHAR;
ALTER TABLE posts ADD COLUMN parent_id VARCHAR;
ALTER TABLE posts ADD COLUMN permalink VARCHAR;
ALTER TABLE posts ADD COLUMN followers BIGINT;
ALTER TABLE posts ADD COLUMN bookmarks BIGINT;
ALTER TABLE posts ADD COLUMN impressions BIGINT;
ALTER TABLE posts ADD COLUMN reach BIGINT;
ALTER TABLE posts ADD COLUMN clicks BIGINT;
ALTER TABLE posts ADD COLUMN video_views BIGINT;
ALTER TABLE posts ADD COLUMN reactions JSON;

COMMENT ON COLUMN posts.platform IS 'x, instagram, facebook, …; NULL when the file does not tell';
COMMENT ON COLUMN posts.created_precision IS 'how fine created_at is known: day, minute or second; NULL in posts of older stores';
COMMENT ON COLUMN posts.text IS 'the text that is embedded: HTML entities and mojibake undone';
COMMENT ON COLUMN posts.text_raw IS 'the text as it came; NULL where it equals text';
COMMENT ON COLUMN posts.kind IS 'own, reply, quote, repost, story or reel; NULL when not told';
COMMENT ON COLUMN posts.lang IS 'language as a BCP 47 primary tag, such as en; NULL when unsure';
COMMENT ON COLUMN posts.parent_id IS 'id of the post that is replied to, quoted or reposted';
COMMENT ON COLUMN posts.permalink IS 'web address of the post';
COMMENT ON COLUMN posts.followers IS 'followers of the account, the latest count';
COMMENT ON COLUMN posts.likes IS 'the latest count; NULL: not known, 0: nobody liked it';
COMMENT ON COLUMN posts.reactions IS 'count by kind of reaction, such as {"love": 3}';

CREATE TABLE observations (
    post_id BIGINT NOT NULL,
    kpi VARCHAR NOT NULL,
    observed_at TIMESTAMP NOT NULL,
    value BIGINT NOT NULL
);

COMMENT ON TABLE observations IS 'counts over time: one row for each reading of a count at a known time';
COMMENT ON COLUMN observations.kpi IS 'likes, comments, …, followers, or reactions.KIND';
COMMENT ON COLUMN observations.observed_at IS 'when the count was read, UTC';

-- A build that fails before its first vector takes back the spaces that it declared.
ALTER TABLE spaces ADD COLUMN build_id BIGINT;

COMMENT ON COLUMN spaces.build_id IS 'the build that declared the space; NULL in older stores';
