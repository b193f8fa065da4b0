-- The run that answers for its head, unless another one is named.

ALTER TABLE runs ADD COLUMN pinned BOOLEAN;

COMMENT ON COLUMN runs.pinned IS 'true: answers for its head unless another run is named; else the newest does';
COMMENT ON COLUMN pending_deletions.kind IS 'image: a file of the media folder; index: vectors in the files of indexes; run: the folder of a trained head; database: deleted rows in its blocks';
COMMENT ON COLUMN pending_deletions.name IS 'SHA-256 of an image, in hexadecimal; id of a run; empty for the index and the database';
