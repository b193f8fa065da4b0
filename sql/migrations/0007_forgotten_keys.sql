-- Keys of posts that were removed for good, so that later builds leave them out. They are hashed
-- with a random number of the store: nothing of the key can be read from them.

CREATE TABLE forgotten_keys (hash VARCHAR NOT NULL);

COMMENT ON TABLE forgotten_keys IS 'posts that were removed for good: a build leaves them out unless told --allow-forgotten';
COMMENT ON COLUMN forgotten_keys.hash IS 'forgotten_hash(source, id) of the post';

INSERT INTO meta SELECT 'salt', concat(uuid(), uuid());
