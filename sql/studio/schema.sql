-- Tables and views with their columns; those that only the store itself needs come last.
WITH every_table AS (
    SELECT table_name, comment FROM duckdb_tables() WHERE NOT internal
    UNION ALL
    SELECT view_name, comment FROM duckdb_views() WHERE NOT internal
)
SELECT
    t.table_name AS "table", t.comment, c.column_name AS "column", lower(c.data_type) AS type
FROM every_table t
JOIN duckdb_columns() c USING (table_name)
WHERE NOT c.internal AND t.table_name NOT IN ('counters', 'meta', 'pending_deletions', 'made')
ORDER BY
    list_position(
        ['posts', 'media', 'text_vectors', 'image_vectors', 'predictions', 'runs', 'failures'],
        t.table_name
    ) NULLS LAST,
    t.table_name, c.column_index
