-- How often the chat was told that a turn's time runs short.
SET LOCAL lock_timeout = '10s';

ALTER TABLE turns ADD COLUMN IF NOT EXISTS warnings smallint NOT NULL DEFAULT 0;
