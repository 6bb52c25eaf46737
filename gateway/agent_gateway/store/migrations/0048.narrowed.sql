-- Narrower rules for services and tool servers that an administrator wants written into an AgentThread.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS thread_narrowed (
    thread_id   bigint NOT NULL REFERENCES threads,
    field       text   NOT NULL CHECK (field IN ('apis', 'mcpServers')),
    rules       jsonb  NOT NULL,                        -- JSON's null: all that the class allows
    due_at      timestamptz NOT NULL,                   -- another for each wish; the row goes when it is written
    PRIMARY KEY (thread_id, field)
);
CREATE INDEX IF NOT EXISTS thread_narrowed_due ON thread_narrowed (due_at);
