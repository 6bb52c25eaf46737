-- Seconds that people gave a turn more than its class allows for one.
ALTER TABLE turns ADD COLUMN IF NOT EXISTS extended integer NOT NULL DEFAULT 0;
