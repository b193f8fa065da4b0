-- Index the words of the texts in `unindexed` (unindexed_texts.sql), in order: a query then reads only the
-- row groups that may have its words.

INSERT INTO words
SELECT word, content_id, count(*)
FROM (
    SELECT content_id, unnest(list_concat(words_of(text), tags_of(text))) AS word FROM unindexed
)
GROUP BY word, content_id
ORDER BY word, content_id;

INSERT INTO text_lengths
SELECT content_id, len(words_of(text)) FROM unindexed ORDER BY content_id;
