-- Tables, views and macros of the database, each with what makes it what it is.

SELECT table_name AS name, list((column_name, data_type) ORDER BY column_index)::VARCHAR AS what
FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = 'main'
GROUP BY table_name
UNION ALL
SELECT view_name, sql
FROM duckdb_views()
WHERE database_name = current_database() AND schema_name = 'main'
UNION ALL
SELECT function_name, concat_ws(' ', function_type, parameters::VARCHAR, macro_definition)
FROM duckdb_functions()
WHERE database_name = current_database() AND schema_name = 'main'
    AND function_type IN ('macro', 'table_macro')
ORDER BY ALL
