SELECT
    duplicate AS campaign,
    count(*) AS posts,
    count(DISTINCT fold_username(username)) AS accounts,
    list_sort(list(DISTINCT company)) AS companies,
    min(created_at) AS first_at,
    max(created_at) AS last_at,
    median(likes) AS median_likes,
    arg_min(post_id, (coalesce(created_at, 'infinity'), post_id)) AS first_post_id,
    arg_min(text, (coalesce(created_at, 'infinity'), post_id)) AS text
FROM duplicates(threshold := threshold, "where" := "where", space := space)
JOIN posts USING (post_id)
GROUP BY duplicate
ORDER BY posts DESC, campaign
