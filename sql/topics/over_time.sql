-- The topic, time and likes of each post that was looked at, but for reposts, in the order of time.
SELECT
    t.topic_id,
    coalesce(fold_username(p.username), lower(trim(p.company)), '') AS account,
    p.created_at,
    date_trunc($period, p.created_at)::DATE AS period,
    ln(1 + p.likes::DOUBLE) AS log_likes
FROM post_topics t
JOIN posts p USING (post_id)
WHERE p.created_at IS NOT NULL AND p.kind IS DISTINCT FROM 'repost'
ORDER BY p.created_at, p.post_id
