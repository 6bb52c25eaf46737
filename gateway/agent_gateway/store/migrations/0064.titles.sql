-- The title that a topic was given after what was said in it: /forget takes it back, and no title that a person gave.
SET LOCAL lock_timeout = '10s';
ALTER TABLE threads ADD COLUMN IF NOT EXISTS made_title text NOT NULL DEFAULT '';
