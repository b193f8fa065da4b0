-- Up to $1 texts whose words are not indexed yet, in the temporary table `unindexed`.

CREATE OR REPLACE TEMP TABLE unindexed AS
SELECT text_content_id AS content_id, any_value(text) AS text
FROM posts
WHERE text_content_id IS NOT NULL
    AND text_content_id NOT IN (SELECT content_id FROM text_lengths)
GROUP BY text_content_id
ORDER BY content_id
LIMIT $1;
