-- What a committed deletion has still to delete outside the database, and what the files of a
-- trained head must be. A deletion is written down in the transaction that deletes the rows, and
-- crossed out once it is done, so that the next command that writes finishes what was cut off.

CREATE TABLE pending_deletions (kind VARCHAR NOT NULL, name VARCHAR NOT NULL);

COMMENT ON TABLE pending_deletions IS 'what is still to be deleted outside the database';
COMMENT ON COLUMN pending_deletions.kind IS 'image: a file of the media folder; index: vectors in the files of indexes';
COMMENT ON COLUMN pending_deletions.name IS 'SHA-256 of an image, in hexadecimal; empty for the index';

ALTER TABLE runs ADD COLUMN files JSON;

COMMENT ON COLUMN runs.files IS 'SHA-256 by file name; NULL for runs of older stores';
