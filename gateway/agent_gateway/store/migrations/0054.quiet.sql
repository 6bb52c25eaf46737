-- Turns of which only an answer that has something to say comes into the chat.
SET LOCAL lock_timeout = '10s';

ALTER TABLE turns ADD COLUMN IF NOT EXISTS quiet boolean NOT NULL DEFAULT false;
