-- Where conversations are held: topics that are closed or gone, groups that moved; and who was let in.

-- open <-> closed (its topic); either -> orphaned (topic or chat is gone) -> open (somebody writes there, the bot is back)
ALTER TABLE threads ADD COLUMN IF NOT EXISTS place text NOT NULL DEFAULT 'open'
    CHECK (place IN ('open', 'closed', 'orphaned'));
ALTER TABLE threads ADD COLUMN IF NOT EXISTS place_why text CHECK (place_why IN ('topic', 'chat', 'moved'));  -- of an orphan
ALTER TABLE threads ADD COLUMN IF NOT EXISTS place_at timestamptz NOT NULL DEFAULT now();  -- since when it is so
ALTER TABLE threads ADD COLUMN IF NOT EXISTS named boolean NOT NULL DEFAULT false;  -- the title is of a renaming: newer than what a topic's messages tell

-- held: a closed topic does not take it; pending again when the topic is reopened, and from time to time to find that out
ALTER TABLE outbox DROP CONSTRAINT IF EXISTS outbox_state_check;
ALTER TABLE outbox ADD CONSTRAINT outbox_state_check CHECK (state IN ('pending', 'sending', 'sent', 'dead', 'held'));
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS held_at timestamptz;
CREATE INDEX IF NOT EXISTS outbox_held ON outbox (bot_id, chat_id, topic_id, id) WHERE state = 'held';
CREATE INDEX IF NOT EXISTS outbox_was_held ON outbox (bot_id, chat_id, topic_id) WHERE held_at IS NOT NULL;

-- Groups that became supergroups: what is known of the old id counts for the new one.
CREATE TABLE IF NOT EXISTS chat_aliases (
    bot_id      bigint NOT NULL,
    chat_id     bigint NOT NULL,
    moved_to    bigint NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bot_id, chat_id)
);

-- AgentThreads of conversations that have another name now: to be stopped, and deleted where that is allowed.
CREATE TABLE IF NOT EXISTS retired_resources (
    name        text   PRIMARY KEY,
    thread_id   bigint NOT NULL REFERENCES threads,
    state       text   NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'gone', 'left')),  -- due -> gone | left (stopped; an administrator may delete it)
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- People who were let in by /approve, beside those of the settings.
CREATE TABLE IF NOT EXISTS allowed (
    bot_id      bigint NOT NULL,
    person_id   bigint NOT NULL,
    approved_by bigint NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bot_id, person_id)
);

CREATE TABLE IF NOT EXISTS pairings (
    bot_id      bigint NOT NULL,
    code        text   NOT NULL,
    person_id   bigint NOT NULL,
    topic_id    bigint,                          -- of their private chat, where they asked
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bot_id, code)
);
CREATE INDEX IF NOT EXISTS pairings_person ON pairings (bot_id, person_id, created_at);
CREATE INDEX IF NOT EXISTS audit_person ON audit (person_id, at);
