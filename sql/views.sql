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
CREATE OR REPLACE MACRO one_line(words) AS
    nullif(trim(regexp_replace(words, '[\s\p{Z}\p{Cc}]+', ' ', 'g')), '');

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
-- images in a space that holds only images.
CREATE OR REPLACE MACRO nearest(in_space, query, k) AS TABLE
    SELECT post_id, max(list_cosine_similarity(vector, query::FLOAT[])) AS score
    FROM (
        SELECT space, post_id, vector FROM text_vectors
        UNION ALL
        SELECT space, post_id, vector FROM image_vectors
        WHERE space IN (SELECT s.space FROM spaces s WHERE NOT s.texts)
    )
    WHERE space = in_space
    GROUP BY post_id
    ORDER BY score DESC, post_id
    LIMIT k;

-- Find the k posts whose texts are nearest to a post's own, by exact search in the store's first
-- text space.
CREATE OR REPLACE MACRO similar_to(post, k) AS TABLE
    WITH default_space AS (
        SELECT space FROM spaces WHERE texts AND dim IS NOT NULL ORDER BY position LIMIT 1
    ),
    query AS (
        SELECT vector FROM text_vectors
        WHERE space = (SELECT space FROM default_space) AND post_id = post
    )
    SELECT
        t.post_id,
        list_cosine_similarity(t.vector, (SELECT vector FROM query)) AS score
    FROM text_vectors t
    WHERE t.space = (SELECT space FROM default_space) AND t.post_id <> post
    ORDER BY score DESC, t.post_id
    LIMIT k;
