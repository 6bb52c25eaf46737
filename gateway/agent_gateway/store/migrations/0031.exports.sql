-- Histories of a conversation that were asked for lately.
SET LOCAL lock_timeout = '10s';

CREATE INDEX IF NOT EXISTS jobs_asked ON jobs (thread_id, created_at);
