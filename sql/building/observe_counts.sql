-- For batches whose rows say when their counts were read: the observations in `staged`, and which
-- of its counts are older than what is known.

CREATE OR REPLACE TEMP TABLE observed AS
SELECT n, source, id, observed_at, kpi, value
FROM (
    UNPIVOT staged
    ON likes, comments, shares, quotes, views, bookmarks, impressions, reach, clicks,
        video_views, followers
    INTO NAME kpi VALUE value
)
WHERE observed_at IS NOT NULL
UNION ALL
SELECT s.n, s.source, s.id, s.observed_at, 'reactions.' || r.key, try_cast(r.value AS BIGINT)
FROM staged s, json_each(s.reactions) r
WHERE s.observed_at IS NOT NULL AND try_cast(r.value AS BIGINT) IS NOT NULL;

-- When each count of the posts in this batch was read last.
CREATE OR REPLACE TEMP TABLE last_observed AS
SELECT
    e.source,
    e.id,
    max(o.observed_at) FILTER (o.kpi = 'likes') AS likes,
    max(o.observed_at) FILTER (o.kpi = 'comments') AS comments,
    max(o.observed_at) FILTER (o.kpi = 'shares') AS shares,
    max(o.observed_at) FILTER (o.kpi = 'quotes') AS quotes,
    max(o.observed_at) FILTER (o.kpi = 'views') AS views,
    max(o.observed_at) FILTER (o.kpi = 'bookmarks') AS bookmarks,
    max(o.observed_at) FILTER (o.kpi = 'impressions') AS impressions,
    max(o.observed_at) FILTER (o.kpi = 'reach') AS reach,
    max(o.observed_at) FILTER (o.kpi = 'clicks') AS clicks,
    max(o.observed_at) FILTER (o.kpi = 'video_views') AS video_views,
    max(o.observed_at) FILTER (o.kpi = 'followers') AS followers,
    max(o.observed_at) FILTER (starts_with(o.kpi, 'reactions.')) AS reactions
FROM observations o
JOIN existing e ON e.post_id = o.post_id
GROUP BY e.source, e.id;

-- An older count says nothing about the latest one, just as an empty cell.
CREATE OR REPLACE TEMP MACRO unless_older(value, observed_at, last) AS
    CASE WHEN observed_at < last THEN NULL ELSE value END;

UPDATE staged SET
    likes = unless_older(staged.likes, staged.observed_at, l.likes),
    comments = unless_older(staged.comments, staged.observed_at, l.comments),
    shares = unless_older(staged.shares, staged.observed_at, l.shares),
    quotes = unless_older(staged.quotes, staged.observed_at, l.quotes),
    views = unless_older(staged.views, staged.observed_at, l.views),
    bookmarks = unless_older(staged.bookmarks, staged.observed_at, l.bookmarks),
    impressions = unless_older(staged.impressions, staged.observed_at, l.impressions),
    reach = unless_older(staged.reach, staged.observed_at, l.reach),
    clicks = unless_older(staged.clicks, staged.observed_at, l.clicks),
    video_views = unless_older(staged.video_views, staged.observed_at, l.video_views),
    followers = unless_older(staged.followers, staged.observed_at, l.followers),
    reactions = unless_older(staged.reactions, staged.observed_at, l.reactions)
FROM last_observed l
WHERE staged.source = l.source AND staged.id = l.id;

-- Rows that were read before an earlier row of the same key take their turn first, oldest first;
-- so do those as old, or a later word on the same moment would come before an earlier one.
UPDATE staged SET turn = o.place - 1000000000
FROM (
    SELECT
        n,
        row_number() OVER (ORDER BY observed_at, n) AS place,
        observed_at <= max(observed_at) FILTER (older) OVER (PARTITION BY source, id) AS first
    FROM (
        SELECT
            n,
            source,
            id,
            observed_at,
            observed_at < max(observed_at) OVER (PARTITION BY source, id ORDER BY n) AS older
        FROM staged
        WHERE observed_at IS NOT NULL
    )
) o
WHERE o.n = staged.n AND o.first;
