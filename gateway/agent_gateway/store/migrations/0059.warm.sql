-- Conversations that something will be asked in within seconds, as by a schedule: their agents begin ahead of it.
SET LOCAL lock_timeout = '10s';

ALTER TABLE threads ADD COLUMN IF NOT EXISTS warm_until timestamptz;  -- till then an agent may begin that has nothing to do yet
