-- Work on a whole history, which takes longer than a message may wait: it is recorded, and done in slices beside.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS jobs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id      bigint NOT NULL,
    kind        text   NOT NULL CHECK (kind IN ('export', 'forget')),
    dedupe_key  text   NOT NULL UNIQUE,          -- the update or question that asked for it
    thread_id   bigint NOT NULL REFERENCES threads,
    chat_id     bigint NOT NULL,                 -- where its end is told
    topic_id    bigint,
    message_id  bigint,                          -- of an export: answered; of a forget: the question, which is edited
    progress    jsonb  NOT NULL DEFAULT '{}',    -- how far it is
    attempts    integer NOT NULL DEFAULT 0,      -- that failed in a row, not counting those while the database was away
    state       text   NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done', 'failed')),  -- due -> done | failed
    created_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz
);
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (bot_id, id) WHERE state = 'due';
CREATE INDEX IF NOT EXISTS jobs_ended ON jobs (ended_at) WHERE state <> 'due';
CREATE INDEX IF NOT EXISTS jobs_due_thread ON jobs (thread_id, id) WHERE state = 'due';
