-- After remove.sql, and after the contents that only the removed posts had are in `forgotten`:
-- delete what other tables have kept of them. `terms(term, pattern)` has their texts and names,
-- where nobody else has them; pattern is NULL for a text.

INSERT INTO forgotten_keys
SELECT DISTINCT forgotten_hash(source, id) AS hash FROM leaving
WHERE hash NOT IN (SELECT hash FROM forgotten_keys);

CREATE OR REPLACE TEMP MACRO tells(words) AS EXISTS (
    FROM terms
    WHERE contains(words, term) AND (pattern IS NULL OR regexp_matches(words, pattern))
);

-- A failure is a note: rather one too many goes than one too few.
DELETE FROM failures
WHERE EXISTS (FROM leaving l WHERE failures.source = l.source AND failures.id = l.id)
    OR url IN (SELECT url FROM leaving_media WHERE url NOT IN (SELECT url FROM media))
    OR tells(concat_ws(chr(10), file, url, reason, raw, id));

UPDATE builds SET report = NULL WHERE tells(report::VARCHAR);
UPDATE builds SET inputs = '[]' WHERE tells(inputs::VARCHAR);

-- A writer of posts has learned their very words.
CREATE OR REPLACE TEMP TABLE leaving_runs AS
SELECT run_id FROM runs
WHERE (head = 'tweets' AND EXISTS (FROM leaving WHERE text IS NOT NULL))
    OR tells(settings::VARCHAR)
    OR tells(metrics::VARCHAR)
    OR run_id IN (SELECT run_id FROM telling_runs);

DELETE FROM predictions WHERE run_id IN (SELECT run_id FROM leaving_runs);
DELETE FROM runs WHERE run_id IN (SELECT run_id FROM leaving_runs);
INSERT INTO pending_deletions SELECT 'run', run_id FROM leaving_runs;
