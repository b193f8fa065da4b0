-- One row per failure; of files only their names, since folders tell how a server is laid out.
SELECT
    stage, class, regexp_replace(coalesce(file, ''), '.*[/\\]', '') AS file, line, id, url,
    regexp_replace(reason, '(^|[\s''])(?:/[^/\s]+)+/([^/\s]+)', '\1\2', 'g') AS reason,
    attempts, retry_after, failed_at, raw
FROM failures
ORDER BY stage, class, file, line
LIMIT 100000
