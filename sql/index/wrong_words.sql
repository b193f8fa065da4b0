-- Texts whose indexed words are not those that they have: content_id. Hashes of the words are
-- added up on both sides, so that no list of all words is held at once.
WITH texts AS (
    SELECT
        text_content_id AS content_id,
        any_value(words_of(text)) AS words,
        any_value(list_concat(words_of(text), tags_of(text))) AS told
    FROM posts
    WHERE text_content_id IS NOT NULL AND text IS NOT NULL
    GROUP BY text_content_id
),
wanted AS (
    SELECT
        content_id,
        len(words) AS words,
        len(list_distinct(told)) AS entries,
        coalesce(list_sum(list_transform(told, lambda word: hash(word)::HUGEINT)), 0) AS total
    FROM texts
),
entries AS (
    SELECT content_id, count(*) AS entries, sum(count * hash(word)::HUGEINT) AS total
    FROM words
    GROUP BY content_id
),
lengths AS (
    SELECT content_id, any_value(words) AS words, count(*) AS rows
    FROM text_lengths
    GROUP BY content_id
)
SELECT coalesce(w.content_id, e.content_id, l.content_id) AS content_id
FROM wanted w
FULL JOIN entries e ON e.content_id = w.content_id
FULL JOIN lengths l ON l.content_id = coalesce(w.content_id, e.content_id)
WHERE w.content_id IS NULL
    OR l.rows IS DISTINCT FROM 1
    OR l.words IS DISTINCT FROM w.words
    OR coalesce(e.entries, 0) <> w.entries
    OR coalesce(e.total, 0) <> w.total
