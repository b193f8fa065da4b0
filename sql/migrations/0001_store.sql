-- The store's first schema. Tables have no indexes or unique constraints on purpose: one
-- process writes at a time, set-wise, and joins against the new rows cost milliseconds at a
-- million posts, where an ART index would live in memory and slow every insert.
-- `embedstore check` verifies what a constraint would have promised.

CREATE TABLE meta (key VARCHAR NOT NULL, value VARCHAR NOT NULL);

-- Ids are handed out once and never again, also after posts were removed.
CREATE TABLE counters (name VARCHAR NOT NULL, next BIGINT NOT NULL);
INSERT INTO counters VALUES ('post', 1), ('content', 1), ('build', 1);

CREATE TABLE posts (
    post_id BIGINT NOT NULL,
    source VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    username VARCHAR,
    company VARCHAR,
    created_at TIMESTAMP,          -- UTC
    text VARCHAR,
    formatted_text VARCHAR,        -- date, company and text in one line
    likes BIGINT,                  -- NULL: not known; 0: nobody liked it
    comments BIGINT,
    shares BIGINT,
    quotes BIGINT,
    views BIGINT,
    media_raw VARCHAR,             -- the media field as it was given
    extra JSON,                    -- columns that nobody knew
    text_content_id BIGINT,        -- the content that `text` is; NULL without text
    formatted_content_id BIGINT    -- the same for `formatted_text`; NULL until a space wants it
);

CREATE TABLE media (
    post_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    kind VARCHAR NOT NULL,         -- photo | video | gif
    url VARCHAR NOT NULL,          -- a video's or gif's thumbnail
    folder VARCHAR,                -- what a local path in `url` is relative to
    width INTEGER,
    height INTEGER,
    duration DOUBLE,               -- seconds
    views BIGINT,                  -- an outcome, known only after posting: never a feature of
                                   -- the post, since its logarithm follows the likes' (r = 0.84)
    content_id BIGINT              -- the image's content; NULL until it was fetched
);

-- What is encoded, addressed by its content: one row for a distinct text or image.
CREATE TABLE contents (
    content_id BIGINT NOT NULL,    -- the id inside FAISS
    sha256 VARCHAR NOT NULL,       -- of the text's UTF-8 or the image file's bytes; hexadecimal
    kind VARCHAR NOT NULL          -- text | image | noise: what stands in for a missing image;
                                   -- its sha256 is the seed | released: an image without its file
);

-- One encoder at one fingerprint. A space is declared first; what only the loaded encoder
-- knows (fingerprint, joint, dim, …) is NULL until its first vector.
CREATE TABLE spaces (
    space VARCHAR NOT NULL,
    position INTEGER NOT NULL,     -- the order of declaration; the first that fits is the default
    encoder VARCHAR NOT NULL,
    weights VARCHAR,               -- NULL: the encoder's own default
    output VARCHAR,                -- which of the encoder's outputs; NULL: its main one
    texts BOOLEAN NOT NULL,        -- does a build embed texts in it
    images BOOLEAN NOT NULL,       -- does a build embed images in it
    text_field VARCHAR,            -- text | formatted_text; NULL where texts is false
    settings JSON NOT NULL,
    fingerprint VARCHAR,
    joint VARCHAR,                 -- vectors of spaces with the same joint can be compared
    dim INTEGER,
    max_length INTEGER,            -- tokens
    device VARCHAR,
    dtype VARCHAR,
    created_at TIMESTAMP
);

CREATE TABLE vectors (space VARCHAR NOT NULL, content_id BIGINT NOT NULL, vector FLOAT[] NOT NULL);

CREATE TABLE failures (
    source VARCHAR,
    file VARCHAR,
    line BIGINT,
    url VARCHAR,
    stage VARCHAR NOT NULL,        -- read | media | fetch | decode
    class VARCHAR NOT NULL,        -- a short name for the kind of failure
    reason VARCHAR NOT NULL,
    attempts INTEGER NOT NULL,
    retry_after TIMESTAMP,         -- UTC; NULL: trying again is no use
    raw VARCHAR,                   -- the row as it was read
    last_build BIGINT NOT NULL,
    failed_at TIMESTAMP NOT NULL   -- UTC, the last time
);

CREATE TABLE builds (
    build_id BIGINT NOT NULL,
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,         -- NULL: still running, or killed
    inputs JSON NOT NULL,
    report JSON
);

CREATE TABLE runs (
    run_id VARCHAR NOT NULL,
    head VARCHAR NOT NULL,         -- likes | tweets
    created_at TIMESTAMP NOT NULL,
    split VARCHAR NOT NULL,
    settings JSON NOT NULL,
    metrics JSON NOT NULL
);

CREATE TABLE predictions (
    run_id VARCHAR NOT NULL,
    post_id BIGINT NOT NULL,
    likes DOUBLE NOT NULL,         -- the median
    mean DOUBLE NOT NULL,
    low DOUBLE NOT NULL,
    high DOUBLE NOT NULL
);
