-- Record the failures in the registered table `failed`: a failure that is on record already adds
-- to its attempts, any other gets a row.

CREATE OR REPLACE TEMP TABLE failed_now AS SELECT DISTINCT * FROM failed;

UPDATE failures SET
    file = f.file,
    id = f.id,
    attempts = failures.attempts + f.attempts,
    retry_after = f.retry_after,
    last_build = f.last_build,
    failed_at = f.failed_at
FROM failed_now f
WHERE failures.stage = f.stage
    AND failures.source IS NOT DISTINCT FROM f.source
    AND failures.line IS NOT DISTINCT FROM f.line
    AND failures.url IS NOT DISTINCT FROM f.url
    AND failures.reason = f.reason
    AND failures.raw IS NOT DISTINCT FROM f.raw;

INSERT INTO failures BY NAME
SELECT f.*
FROM failed_now f
WHERE NOT EXISTS (
    FROM failures o
    WHERE o.stage = f.stage
        AND o.source IS NOT DISTINCT FROM f.source
        AND o.line IS NOT DISTINCT FROM f.line
        AND o.url IS NOT DISTINCT FROM f.url
        AND o.reason = f.reason
        AND o.raw IS NOT DISTINCT FROM f.raw
);
