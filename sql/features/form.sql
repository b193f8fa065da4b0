-- The form of each text, as numbers.
WITH texts AS (SELECT row, coalesce(text, '') AS t, photos, videos, gifs, duration FROM posts)
SELECT
    length(t) AS characters,
    len(regexp_extract_all(t, '\S+')) AS words,
    len(regexp_extract_all(t, '#\w+')) AS hashtags,
    len(regexp_extract_all(t, '<mention>|@\w+')) AS mentions,
    len(regexp_extract_all(t, '<hyperlink>|https?://')) AS links,
    len(regexp_extract_all(t, '[\x{1F000}-\x{1FAFF}\x{2600}-\x{27BF}]')) AS emoji,
    len(regexp_extract_all(t, '\?')) AS questions,
    len(regexp_extract_all(t, '!')) AS exclamations,
    len(regexp_extract_all(t, '[0-9]+')) AS figures,
    len(regexp_extract_all(t, '["“”]')) AS quotation_marks,
    len(regexp_extract_all(t, '\n')) AS line_ends,
    regexp_matches(t, '^(\.|\s)*(<mention>|@\w)')::INT AS is_reply,
    regexp_matches(t, '^rt\b', 'i')::INT AS is_repost,
    regexp_matches(t, '(<hyperlink>|https?://\S+)\s*$')::INT AS ends_with_link,
    photos, videos, gifs, duration
FROM texts
ORDER BY row
