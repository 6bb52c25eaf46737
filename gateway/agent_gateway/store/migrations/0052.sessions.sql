-- The names that people gave to sessions.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS session_names (
    session_id  uuid   PRIMARY KEY,
    thread_id   bigint NOT NULL REFERENCES threads,
    name        text   NOT NULL
);
CREATE INDEX IF NOT EXISTS session_names_thread ON session_names (thread_id);
