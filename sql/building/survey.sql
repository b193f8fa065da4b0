-- How much of a sample of posts, registered as `sample`, the store has: posts that are known,
-- and their distinct texts.

CREATE OR REPLACE TEMP TABLE sampled AS
SELECT
    source,
    id,
    CASE WHEN trim(text) <> '' THEN sha256(text) END AS text,
    CASE WHEN trim(text) <> '' THEN sha256(format_post(created_at, company, text)) END
        AS formatted_text
FROM sample;

CREATE OR REPLACE TEMP TABLE sampled_texts AS
SELECT field, s.sha256, c.content_id
FROM (
    SELECT DISTINCT 'text' AS field, text AS sha256 FROM sampled WHERE text IS NOT NULL
    UNION ALL
    SELECT DISTINCT 'formatted_text', formatted_text FROM sampled WHERE formatted_text IS NOT NULL
) s
LEFT JOIN contents c ON c.sha256 = s.sha256 AND c.kind = 'text';

SELECT
    (
        SELECT count(*) FROM sampled s SEMI JOIN posts p ON p.source = s.source AND p.id = s.id
    ) AS known,
    (SELECT count(*) FROM posts) AS stored
