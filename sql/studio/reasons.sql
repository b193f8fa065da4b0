-- Failures that differ in a value or a file name only, counted together.
SELECT
    stage, class,
    regexp_replace(
        regexp_replace(reason, '"[^"]*"|''[^'']*''|\d[\d:-]*', '#', 'g'), '(^|\s)\S*/\S*', '\1#', 'g'
    ) AS kind,
    regexp_replace(min(reason), '(^|[\s''])(?:/[^/\s]+)+/([^/\s]+)', '\1\2', 'g') AS example,
    list(DISTINCT reason)[:50] AS reasons,
    count(*) AS failures,
    count(retry_after) AS can_be_retried
FROM failures
GROUP BY stage, class, kind
ORDER BY failures DESC, kind
LIMIT 200
