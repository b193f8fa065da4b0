-- Topics of posts, and labels that a person defined.

INSERT INTO counters VALUES ('topic', 1);

-- Clusters of posts by meaning, and groups of them. A topic keeps its id as long as it is told
-- again; ids are never given twice.
CREATE TABLE topics (
    topic_id BIGINT NOT NULL,
    parent_id BIGINT,              -- the group that it is in
    level INTEGER NOT NULL,        -- 0: posts belong to it; 1: a group of topics; 2: a group of those
    name VARCHAR NOT NULL,
    named BOOLEAN NOT NULL,        -- has a person given the name
    words VARCHAR[] NOT NULL,      -- what its posts say more often than others, the most telling first
    size BIGINT NOT NULL           -- posts
);

-- What topics are known by: a topic that others were merged into has several centres.
CREATE TABLE topic_centres (
    topic_id BIGINT NOT NULL,
    centre FLOAT[] NOT NULL,
    reach DOUBLE NOT NULL          -- the least cosine similarity of a post that belongs to it
);

-- The topic of each post that was looked at.
CREATE TABLE post_topics (
    post_id BIGINT NOT NULL,
    topic_id BIGINT,               -- NULL: an outlier, near to no topic
    score DOUBLE NOT NULL,         -- cosine similarity to the nearest centre
    content_id BIGINT NOT NULL     -- the text that was looked at; another one is looked at anew
);

-- How the topics were made: at most one row.
CREATE TABLE topic_settings (
    fitted_at TIMESTAMP NOT NULL,  -- UTC
    space VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,  -- of the space
    size VARCHAR NOT NULL,         -- small | medium | large
    filter VARCHAR,                -- condition on posts; NULL: all of them
    brands BOOLEAN NOT NULL        -- may topics be about a company
);

-- The class of each post, by a label that a person defined.
CREATE TABLE labels (
    post_id BIGINT NOT NULL,
    name VARCHAR NOT NULL,         -- of the label, such as kind
    label VARCHAR NOT NULL,        -- the likeliest class, such as promo
    probability DOUBLE NOT NULL,   -- of this class
    run_id VARCHAR NOT NULL        -- the head that says so
);
