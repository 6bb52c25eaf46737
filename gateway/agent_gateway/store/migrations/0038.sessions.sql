-- Sessions that stay small: what a start looks for among lines, and pictures beside them.
SET LOCAL lock_timeout = '10s';

-- Of a line that an earlier release stored these are NULL: they are filled in when its conversation starts again.
ALTER TABLE session_entries ADD COLUMN IF NOT EXISTS kind text;        -- the entry's type
ALTER TABLE session_entries ADD COLUMN IF NOT EXISTS parent_id text;   -- the entry that it follows
ALTER TABLE session_entries ADD COLUMN IF NOT EXISTS refers text;      -- of a compaction the first entry that it keeps, of an edit the edited one
ALTER TABLE session_entries ADD COLUMN IF NOT EXISTS pictures text[];  -- hashes of the pictures that stand beside the line, in order

CREATE INDEX IF NOT EXISTS session_settings ON session_entries (session_id, kind, ordinal)
    WHERE kind IN ('model_change', 'thinking_level_change');

-- Pictures of a session, each once; without a row for one, a line's reference to it becomes words.
CREATE TABLE IF NOT EXISTS pictures (
    session_id  uuid    NOT NULL,
    hash        text    NOT NULL,              -- SHA-256 of the data, in hex
    id          bigint  GENERATED ALWAYS AS IDENTITY,
    data        bytea   NOT NULL,
    PRIMARY KEY (session_id, hash)
);
-- They are compressed as they are, and read in slices.
ALTER TABLE pictures ALTER COLUMN data SET STORAGE EXTERNAL;
CREATE INDEX IF NOT EXISTS pictures_age ON pictures (session_id, id);
