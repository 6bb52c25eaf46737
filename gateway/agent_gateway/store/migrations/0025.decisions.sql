-- What an agent asks a person, what a person decides about a plan, and what they allowed a conversation's agent to do.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS decisions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id      bigint NOT NULL,
    thread_id   bigint NOT NULL REFERENCES threads,  -- whose agent asks; a sub-agent's stands in its parent's chat
    run         integer,                         -- with call_id: which call; NULL: asked by no agent
    call_id     text,
    turn_id     bigint NOT NULL REFERENCES turns,
    chat_id     bigint NOT NULL,                 -- where it is asked
    topic_id    bigint,
    asker_id    bigint,                          -- whose message is being answered
    kind        text    NOT NULL CHECK (kind IN ('question', 'select', 'confirm', 'input', 'approval', 'plan', 'change')),
    text        text    NOT NULL,                -- the question as its message shows it, in Markdown
    options     jsonb   NOT NULL DEFAULT '[]',   -- the words of its buttons
    free_text   boolean NOT NULL DEFAULT false,
    rule        text,                            -- of an approval: what "for this conversation" allows
    approvers   text    NOT NULL CHECK (approvers IN ('Asker', 'Members', 'Administrators')),
    language    text    NOT NULL DEFAULT 'en',
    state       text    NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'answered', 'expired', 'withdrawn')),
    -- asked -> answered | expired | withdrawn
    choice      integer,                         -- which button
    answer      text,                            -- its words, or what was written
    decided_by  bigint,
    decided_name text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    closed      boolean NOT NULL DEFAULT false,  -- its message says what became of it
    taken_at    timestamptz,                     -- its runner waits for it no more
    UNIQUE (thread_id, run, call_id)
);
CREATE INDEX IF NOT EXISTS decisions_due ON decisions (bot_id, expires_at) WHERE state = 'asked';
CREATE INDEX IF NOT EXISTS decisions_open ON decisions (thread_id, id) WHERE state = 'asked';
CREATE INDEX IF NOT EXISTS decisions_chat ON decisions (chat_id, id) WHERE state = 'asked';
CREATE INDEX IF NOT EXISTS decisions_unclosed ON decisions (bot_id, id) WHERE state <> 'asked' AND NOT closed;
CREATE INDEX IF NOT EXISTS decisions_untaken ON decisions (thread_id, run, id)
    WHERE state <> 'asked' AND taken_at IS NULL AND run IS NOT NULL;
CREATE INDEX IF NOT EXISTS decisions_turn ON decisions (turn_id);
CREATE INDEX IF NOT EXISTS decisions_ended ON decisions (ended_at) WHERE state <> 'asked';

CREATE UNIQUE INDEX IF NOT EXISTS decisions_plan ON decisions (turn_id) WHERE kind = 'plan';

-- What a person allowed "for this conversation".
CREATE TABLE IF NOT EXISTS approvals (
    thread_id   bigint NOT NULL REFERENCES threads,
    rule        text   NOT NULL,
    person_id   bigint NOT NULL,
    person_name text   NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (thread_id, rule)
);

-- The agent writes a plan and changes nothing.
ALTER TABLE turns ADD COLUMN IF NOT EXISTS plan boolean NOT NULL DEFAULT false;
