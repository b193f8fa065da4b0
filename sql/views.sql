-- Views and macros that any DuckDB client can use on the file, without Python.

CREATE OR REPLACE VIEW text_vectors AS
SELECT v.space, p.post_id, v.vector
FROM vectors v
JOIN spaces s ON s.space = v.space AND s.text_field = 'text'
JOIN posts p ON p.text_content_id = v.content_id
UNION ALL
SELECT v.space, p.post_id, v.vector
FROM vectors v
JOIN spaces s ON s.space = v.space AND s.text_field = 'formatted_text'
JOIN posts p ON p.formatted_content_id = v.content_id;

CREATE OR REPLACE VIEW image_vectors AS
SELECT v.space, m.post_id, m.position, v.vector
FROM vectors v
JOIN spaces s ON s.space = v.space AND s.images
JOIN media m ON m.content_id = v.content_id;

-- Replace white space of every kind, line ends and control characters included, by single spaces.
-- Most texts have none but single spaces: finding that out takes a fifth of the time.
CREATE OR REPLACE MACRO one_line(words) AS
    CASE
        WHEN regexp_full_match(words, '[!-~]+( [!-~]+)*') THEN words
        ELSE nullif(trim(regexp_replace(words, '[\s\p{Z}\p{Cc}]+', ' ', 'g')), '')
    END;

-- Write a post on one line without the parts that are missing, as in
-- "2018-06-30 independent: watch the full story".
CREATE OR REPLACE MACRO format_post(created_at, company, text) AS
    nullif(
        concat_ws(
            ': ',
            nullif(concat_ws(' ', strftime(created_at, '%Y-%m-%d'), one_line(company)), ''),
            one_line(text)
        ),
        ''
    );

-- Cosine similarity of two vectors of equal dimensions; NULL where one of them is all zeros.
CREATE OR REPLACE MACRO cosine(a, b) AS
    CASE WHEN isfinite(list_cosine_similarity(a::FLOAT[], b::FLOAT[]))
         THEN list_cosine_similarity(a::FLOAT[], b::FLOAT[])::DOUBLE END;

-- Find the k posts nearest to a vector by exact search: by their texts, or by the best of their
-- images in a space that holds only images. A space that is not there is an error.
CREATE OR REPLACE MACRO nearest(in_space, query, k) AS TABLE
    SELECT post_id, max(list_cosine_similarity(vector, query::FLOAT[])) AS score
    FROM (
        SELECT space, post_id, vector FROM text_vectors
        UNION ALL
        SELECT space, post_id, vector FROM image_vectors
        WHERE space IN (SELECT s.space FROM spaces s WHERE NOT s.texts)
    )
    WHERE space = CASE
        WHEN in_space IN (SELECT known_spaces.space FROM spaces known_spaces) THEN in_space
        ELSE error(format('nearest: there is no space {}', in_space))
    END
    GROUP BY post_id
    ORDER BY score DESC, post_id
    LIMIT k;

-- Find the k posts whose texts are nearest to a post's own, by exact search in the store's first
-- text space: none for a post without text, and an error for a post that is not there.
CREATE OR REPLACE MACRO similar_to(post, k) AS TABLE
    WITH default_space AS (
        SELECT space FROM spaces WHERE texts AND dim IS NOT NULL ORDER BY position LIMIT 1
    ),
    query AS (
        SELECT any_value(vector) AS vector FROM text_vectors
        WHERE space = (SELECT space FROM default_space) AND post_id = post
    )
    SELECT
        candidates.post_id,
        list_cosine_similarity(candidates.vector, (SELECT vector FROM query)) AS score
    FROM text_vectors candidates
    WHERE candidates.space = (SELECT space FROM default_space)
        AND candidates.post_id <> post
        AND CASE
            WHEN EXISTS (FROM posts known_posts WHERE known_posts.post_id = post)
            THEN (SELECT vector FROM query) IS NOT NULL
            ELSE error(format('similar_to: there is no post {}', post))
        END
    ORDER BY score DESC, candidates.post_id
    LIMIT k;

-- Identity of an account: `@Name` is `name`.
CREATE OR REPLACE MACRO fold_username(username) AS
    nullif(lower(ltrim(trim(username), '@')), '');

-- Whether two rows of different sources with the same id are one post: the platform's id of one
-- platform, or the same account with the same time or text. Expects rows or structs with the
-- columns platform, username, created_at and text.
CREATE OR REPLACE MACRO same_post(a, b) AS
    coalesce(a.platform = b.platform, true)
    AND CASE
        WHEN a.platform = b.platform
        THEN coalesce(fold_username(a.username) = fold_username(b.username), true)
        ELSE fold_username(a.username) IS NOT DISTINCT FROM fold_username(b.username)
            AND coalesce(a.created_at = b.created_at OR a.text = b.text, false)
    END;

-- How many posts two sources have in common, such as monthly exports that overlap.
CREATE OR REPLACE VIEW shared_posts AS
SELECT a.source, b.source AS other_source, count(*) AS posts
FROM posts a
JOIN posts b ON a.id = b.id AND a.source < b.source
WHERE same_post(a, b)
GROUP BY a.source, b.source
ORDER BY a.source, b.source;

COMMENT ON VIEW shared_posts IS 'how many posts two sources have in common';

-- A text without what differs between copies of it: letters and digits in small letters, single
-- spaces between; links, mentions' and hashtags' signs, punctuation and emoji are left out.
CREATE OR REPLACE MACRO fold_text(words) AS
    nullif(trim(regexp_replace(
        regexp_replace(lower(words), '(https?://\S+|www\.\S+|<hyperlink>)', ' ', 'g'),
        '[^\p{L}\p{M}\p{N}]+', ' ', 'g'
    )), '');

-- The same words posted in several sources under different ids. Texts of fewer than 20 letters
-- are left out: everybody says "good morning".
CREATE OR REPLACE VIEW crossposts AS
WITH folded AS (
    SELECT post_id, source, id, platform, username, company, created_at, text, likes,
        fold_text(text) AS words
    FROM posts
    WHERE length(text) >= 20
),
shared AS (
    SELECT words, count(DISTINCT source) AS sources
    FROM folded
    WHERE length(words) >= 20
    GROUP BY words
    HAVING count(DISTINCT source) > 1 AND count(DISTINCT id) > 1
)
SELECT
    dense_rank() OVER (ORDER BY words) AS crosspost,
    sources, post_id, source, id, platform, username, company, created_at, text, likes
FROM folded JOIN shared USING (words)
ORDER BY words, created_at, post_id;

COMMENT ON VIEW crossposts IS 'posts that say the same in several sources: rows with the same number in crosspost have equal texts but for links, punctuation and capitals';

-- A text in small letters without accents.
CREATE OR REPLACE MACRO fold_letters(words) AS strip_accents(lower(words));

-- The words of a text, in order. Scripts that put no spaces between words give single letters.
CREATE OR REPLACE MACRO words_of(words) AS
    regexp_extract_all(
        CASE
            WHEN regexp_matches(words, '[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]')
            THEN regexp_replace(
                fold_letters(words),
                '([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])', ' \1 ', 'g'
            )
            ELSE fold_letters(words)
        END,
        '[\p{L}\p{M}\p{N}_]+'
    );

-- The hashtags and handles of a text, with their signs.
CREATE OR REPLACE MACRO tags_of(words) AS
    regexp_extract_all(fold_letters(words), '[#@][\p{L}\p{M}\p{N}_]+');

-- What is kept of the key of a post that was removed for good.
CREATE OR REPLACE MACRO forgotten_hash(source, id) AS
    sha256(concat_ws(chr(31), (SELECT value FROM meta WHERE key = 'salt'), source, id));

-- Where each post with a text is on the store's map; no rows before `embedstore atlas` made it.
CREATE OR REPLACE VIEW map AS
SELECT p.post_id, v.vector[1] AS x, v.vector[2] AS y
FROM posts p
JOIN vectors v ON v.space = 'map' AND v.content_id = p.text_content_id;

COMMENT ON VIEW map IS 'where each post is on the map: posts of like meaning lie together';

-- The name of a post's topic; NULL for an outlier, and for a post that was not looked at.
CREATE OR REPLACE MACRO topic(post) AS (
    SELECT any_value(t.name)
    FROM post_topics p JOIN topics t ON t.topic_id = p.topic_id
    WHERE p.post_id = post
);

-- The class of a post by a label that a person defined, such as label('kind', post_id).
CREATE OR REPLACE MACRO label(name_of_label, post) AS (
    SELECT any_value(l.label) FROM labels l WHERE l.name = name_of_label AND l.post_id = post
);
