-- How often a message was begun and nothing came of it, as the process ended: one at which processes end goes out plain.
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS begun integer NOT NULL DEFAULT 0;

-- When a person stopped a turn: its run ends where its runner does not answer.
ALTER TABLE turns ADD COLUMN IF NOT EXISTS stop_asked_at timestamptz;

-- A run that is over and whose pod may still be there: it has a slot until the cluster says that it is gone.
ALTER TABLE runs ADD COLUMN IF NOT EXISTS lingering boolean NOT NULL DEFAULT false;
CREATE INDEX IF NOT EXISTS runs_lingering ON runs (thread_id) WHERE lingering;
