-- The post of a refused row, so that `remove` finds it by its key (source, id). NULL for every
-- other kind of failure, and for rows refused before this migration.

ALTER TABLE failures ADD COLUMN id VARCHAR;
