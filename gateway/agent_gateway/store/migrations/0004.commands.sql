-- /stop and /new.

-- A turn that a person stopped: its runner is told again after each reconnect, and no other run takes it.
ALTER TABLE turns ADD COLUMN IF NOT EXISTS stop_asked boolean NOT NULL DEFAULT false;

-- Sessions that /new set aside; their lines stay in session_entries.
CREATE TABLE IF NOT EXISTS past_sessions (
    session_id  uuid   PRIMARY KEY,
    thread_id   bigint NOT NULL REFERENCES threads,
    ended_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS past_sessions_thread ON past_sessions (thread_id, ended_at);
