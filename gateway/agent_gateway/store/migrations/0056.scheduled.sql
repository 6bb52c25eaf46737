-- Turns that a schedule asked at its time: nobody wrote them, though they are for whoever made it.
SET LOCAL lock_timeout = '10s';

ALTER TABLE turns ADD COLUMN IF NOT EXISTS scheduled boolean NOT NULL DEFAULT false;
