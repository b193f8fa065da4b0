-- Posts whose texts have some of the words $terms, all of $required, and each of $phrases word by
-- word: post_id, content_id and score. Texts are scored by BM25 (Robertson and Zaragoza, "The
-- Probabilistic Relevance Framework: BM25 and Beyond", 2009).

WITH hits AS (
    SELECT word, content_id, count FROM words WHERE word IN (SELECT unnest($terms::VARCHAR[]))
),
texts AS (
    SELECT count(*) AS count, avg(words) AS words FROM text_lengths
),
rarity AS (
    SELECT word, ln(1 + ((SELECT count FROM texts) - count(*) + 0.5) / (count(*) + 0.5)) AS weight
    FROM hits
    GROUP BY word
),
scored AS (
    SELECT
        h.content_id,
        sum(
            r.weight * h.count * ($k1 + 1)
            / (h.count + $k1 * (1 - $b + $b * l.words / (SELECT words FROM texts)))
        ) AS score
    FROM hits h
    JOIN rarity r ON r.word = h.word
    JOIN text_lengths l ON l.content_id = h.content_id
    GROUP BY h.content_id
    HAVING count(*) FILTER (h.word IN (SELECT unnest($required::VARCHAR[]))) = len($required::VARCHAR[])
)
SELECT p.post_id, s.content_id, s.score
FROM scored s
JOIN posts p ON p.text_content_id = s.content_id
WHERE len($phrases::VARCHAR[]) = 0 OR len(list_filter(
    $phrases::VARCHAR[],
    lambda phrase: NOT contains(format(' {} ', array_to_string(words_of(p.text), ' ')), phrase)
)) = 0
