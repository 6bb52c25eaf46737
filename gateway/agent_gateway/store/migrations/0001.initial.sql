-- The truth about conversations. Order and exclusion are held by constraints, not by code.
-- IF NOT EXISTS: the migration tool notes a migration as applied in a second transaction, and may be killed before it.

CREATE TABLE IF NOT EXISTS leader (
    bot_id      bigint PRIMARY KEY,
    epoch       bigint NOT NULL DEFAULT 0,       -- grows with each leader; every write of turns, views and outbox checks it
    bot_name    text   NOT NULL,                 -- the gateway's short name, part of every thread's name
    since       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS cursor (
    bot_id      bigint PRIMARY KEY,
    next_offset bigint NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS inbox (
    bot_id      bigint NOT NULL,
    update_id   bigint NOT NULL,
    lane        text   NOT NULL,                 -- rows of one lane are taken strictly in order; '<chat>[/<topic>]' or '!<update_id>' for what overtakes
    payload     text   NOT NULL,                 -- the update as it came
    state       text   NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'done', 'dead')),  -- new -> done | dead
    error       text,                            -- of a dead row: which fields, never contents
    received_at timestamptz NOT NULL DEFAULT now(),
    done_at     timestamptz,
    PRIMARY KEY (bot_id, update_id)
);
CREATE INDEX IF NOT EXISTS inbox_new ON inbox (bot_id, lane, update_id) WHERE state = 'new';

CREATE TABLE IF NOT EXISTS threads (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id      bigint NOT NULL,
    chat_id     bigint NOT NULL,
    topic_id    bigint,
    name        text   NOT NULL UNIQUE,          -- of the AgentThread
    title       text   NOT NULL DEFAULT '',
    session_id  uuid   NOT NULL DEFAULT gen_random_uuid(),
    run_counter integer NOT NULL DEFAULT 0,      -- the largest run number ever stored
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (bot_id, chat_id, topic_id)
);

CREATE TABLE IF NOT EXISTS runs (
    thread_id   bigint NOT NULL REFERENCES threads,
    number      integer NOT NULL,
    state       text NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'live', 'over')),  -- wanted -> live (first accepted hello) -> over
    thread_uid  text,                            -- UID of the AgentThread that carries it
    job_name    text,
    pod_name    text,
    pod_uid     text,                            -- of the first accepted hello; any other pod of this run is refused for ever
    acked_seq   bigint NOT NULL DEFAULT 0,
    wanted_at   timestamptz NOT NULL DEFAULT now(),
    hello_at    timestamptz,
    seen_at     timestamptz,                     -- last time its connection was known to live
    ready_at    timestamptz,
    ended_at    timestamptz,
    reason      text,
    message     text,
    PRIMARY KEY (thread_id, number)
);
CREATE UNIQUE INDEX IF NOT EXISTS runs_one_open ON runs (thread_id) WHERE state <> 'over';

CREATE TABLE IF NOT EXISTS turns (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id   bigint NOT NULL REFERENCES threads,
    update_id   bigint,
    message_id  bigint,                          -- the person's message, replied to
    person_id   bigint,
    text        text   NOT NULL,
    state       text   NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'delivered', 'started', 'done', 'failed', 'cancelled')),
    -- queued -> delivered (a run has it) -> started (pi took the prompt) -> done | failed; queued | delivered -> cancelled
    run         integer,                         -- the run that has it
    attempts    integer NOT NULL DEFAULT 0,      -- runs that ended before they took it
    reason      text,                            -- of a failed turn: aborted, timeout, provider, agent, agent_died, run_lost, start_failed
    created_at  timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz,
    started_at  timestamptz,
    first_text_at timestamptz,
    ended_at    timestamptz
);
CREATE UNIQUE INDEX IF NOT EXISTS turns_one_running ON turns (thread_id) WHERE state IN ('delivered', 'started');
CREATE INDEX IF NOT EXISTS turns_queued ON turns (thread_id, id) WHERE state = 'queued';
CREATE UNIQUE INDEX IF NOT EXISTS turns_update ON turns (thread_id, update_id) WHERE update_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS turn_views (
    turn_id     bigint PRIMARY KEY REFERENCES turns,
    messages    jsonb  NOT NULL DEFAULT '[]',    -- the assistant's texts so far, stored at most once a second
    message_ids bigint[] NOT NULL DEFAULT '{}',  -- what stands in the chat, in order
    updated_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS messages (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id   bigint NOT NULL REFERENCES threads,
    turn_id     bigint REFERENCES turns,
    role        text   NOT NULL CHECK (role IN ('user', 'assistant')),
    text        text   NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS messages_thread ON messages (thread_id, id);

CREATE TABLE IF NOT EXISTS session_entries (
    session_id  uuid   NOT NULL,
    ordinal     integer NOT NULL,
    entry_id    text   NOT NULL,
    line        text   NOT NULL,                 -- raw, as pi wrote it
    PRIMARY KEY (session_id, ordinal),
    UNIQUE (session_id, entry_id)
);

CREATE TABLE IF NOT EXISTS outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id      bigint NOT NULL,
    dedupe_key  text   NOT NULL UNIQUE,          -- the same thing is never said twice
    chat_id     bigint NOT NULL,
    topic_id    bigint,
    reply_to    bigint,
    turn_id     bigint REFERENCES turns,
    kind        text   NOT NULL CHECK (kind IN ('final', 'reply', 'notice')),
    format      text   NOT NULL DEFAULT 'markdown' CHECK (format IN ('markdown', 'plain')),
    text        text   NOT NULL,
    message_ids bigint[] NOT NULL DEFAULT '{}',  -- what already stands in the chat of it: edited first, the rest is sent
    shown       text[] NOT NULL DEFAULT '{}',    -- hash of each chunk as it stands
    state       text   NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'sent', 'dead')),  -- pending <-> sending -> sent | dead
    attempts    integer NOT NULL DEFAULT 0,
    next_at     timestamptz NOT NULL DEFAULT now(),
    error       text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    sent_at     timestamptz
);
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (bot_id, chat_id, id) WHERE state IN ('pending', 'sending');

CREATE TABLE IF NOT EXISTS usage (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id   bigint NOT NULL REFERENCES threads,
    run         integer NOT NULL,
    turn_id     bigint REFERENCES turns,
    provider    text   NOT NULL,
    model       text   NOT NULL,
    input       bigint NOT NULL,                 -- tokens
    output      bigint NOT NULL,
    cached      bigint NOT NULL DEFAULT 0,
    status      integer NOT NULL,                -- the provider's HTTP status
    milliseconds integer NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS usage_thread ON usage (thread_id, created_at);

CREATE TABLE IF NOT EXISTS audit (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT now(),
    person_id   bigint,
    action      text   NOT NULL,
    subject     text   NOT NULL
);
