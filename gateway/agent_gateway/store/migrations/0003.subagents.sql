-- Sub-agents, packed workspaces, buttons.

-- A sub-agent is a thread of its own: one session, one run, one turn. It speaks in its parent's chat, if it has one.
ALTER TABLE threads ADD COLUMN IF NOT EXISTS kind text NOT NULL DEFAULT 'conversation'
    CHECK (kind IN ('conversation', 'subagent'));
ALTER TABLE threads ALTER COLUMN chat_id DROP NOT NULL;
ALTER TABLE threads DROP CONSTRAINT IF EXISTS threads_conversation_has_chat;
ALTER TABLE threads ADD CONSTRAINT threads_conversation_has_chat CHECK (kind = 'subagent' OR chat_id IS NOT NULL);
ALTER TABLE threads DROP CONSTRAINT IF EXISTS threads_bot_id_chat_id_topic_id_key;
-- A resource made by hand may bear any name, that of a conversation's AgentThread included.
ALTER TABLE threads DROP CONSTRAINT IF EXISTS threads_name_key;
CREATE UNIQUE INDEX IF NOT EXISTS threads_name ON threads (kind, name);
CREATE UNIQUE INDEX IF NOT EXISTS threads_address ON threads (bot_id, chat_id, topic_id) NULLS NOT DISTINCT
    WHERE kind = 'conversation';

CREATE TABLE IF NOT EXISTS subagents (
    thread_id   bigint PRIMARY KEY REFERENCES threads,  -- its own
    parent_id   bigint REFERENCES threads,       -- NULL: made by hand, or its parent is none of ours
    parent_uid  text,                            -- UID of the resource that asked
    parent_run  integer,                         -- 0: asked for by a person between two runs
    call_id     text,
    number      integer,                         -- the n of its name
    turn_id     bigint REFERENCES turns,         -- the parent's turn that waits; NULL: a person asked
    reply_to    bigint,                          -- the message that its report answers
    task        text    NOT NULL,
    class_name  text    NOT NULL,
    timeout     integer NOT NULL,                -- seconds
    workspace   text    NOT NULL CHECK (workspace IN ('Copy', 'Empty')),
    depth       integer NOT NULL,
    uid         text,                            -- of the SubAgent; NULL until it is known to be created
    state       text    NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'created', 'finished')),  -- wanted -> created -> finished
    cancel      text,                            -- why its end was asked for: person, parent
    phase       text,                            -- as last shown; of a finished one how it ended
    reason      text,
    message     text,
    result      text,                            -- the whole answer
    created_at  timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    handed_turn bigint REFERENCES turns,         -- a later turn of the parent whose prompt told the result
    delivered_at timestamptz,                    -- the parent's session holds the result
    UNIQUE (parent_id, parent_run, call_id),
    UNIQUE (parent_id, parent_run, number)
);
CREATE INDEX IF NOT EXISTS subagents_parent ON subagents (parent_id, parent_run);
CREATE INDEX IF NOT EXISTS subagents_open ON subagents (thread_id) WHERE state <> 'finished';

-- Packed workspaces in rows of at most 1 MiB.
CREATE TABLE IF NOT EXISTS workspaces (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id   bigint NOT NULL REFERENCES threads,
    run         integer NOT NULL,
    call_id     text,                            -- a copy for the child of that call; NULL: the thread's own files
    bytes       bigint,                          -- NULL until it is whole
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS workspaces_thread ON workspaces (thread_id, run, id);
CREATE TABLE IF NOT EXISTS workspace_chunks (
    workspace_id bigint NOT NULL REFERENCES workspaces ON DELETE CASCADE,
    ordinal     integer NOT NULL,
    data        bytea   NOT NULL,
    PRIMARY KEY (workspace_id, ordinal)
);
ALTER TABLE workspace_chunks ALTER COLUMN data SET STORAGE EXTERNAL;  -- compressed already

-- What became of a run's files: kept, or over the limit; NULL where there were none or its pod could not send them.
ALTER TABLE runs ADD COLUMN IF NOT EXISTS files text CHECK (files IN ('kept', 'over'));

ALTER TABLE outbox ADD COLUMN IF NOT EXISTS buttons jsonb NOT NULL DEFAULT '[]';  -- [[text, data], …], a row each
