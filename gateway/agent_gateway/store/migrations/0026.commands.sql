-- How long the model thinks, chosen by /think; what the menus hold; who asks to be let in; topics without a name.
SET LOCAL lock_timeout = '10s';

-- As `model`: NULL: nobody chose; '': as the class says.
ALTER TABLE threads ADD COLUMN IF NOT EXISTS thinking text;
ALTER TABLE runs ADD COLUMN IF NOT EXISTS thinking text;

-- Which actions there are is the code's to know.
ALTER TABLE confirms DROP CONSTRAINT IF EXISTS confirms_action_check;
ALTER TABLE confirms ADD CONSTRAINT confirms_action_check CHECK (action ~ '^[a-z]{1,16}$');

-- What Telegram's menus were filled with: a start with the same menus calls nothing.
CREATE TABLE IF NOT EXISTS menus (
    bot_id      bigint NOT NULL,
    menu        text   NOT NULL,                 -- scope, chat and language
    digest      text   NOT NULL,
    set_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bot_id, menu)
);

-- People and groups that ask to be let in, decided once by an administrator.
CREATE TABLE IF NOT EXISTS access_requests (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id      bigint NOT NULL,
    subject_id  bigint NOT NULL,                 -- the person, or the group
    asked_by    bigint NOT NULL,                 -- the person
    chat_id     bigint NOT NULL,                 -- where its end is told
    topic_id    bigint,
    name        text   NOT NULL,
    language    text   NOT NULL DEFAULT '',
    state       text   NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'allowed', 'later', 'never')),  -- asked -> allowed | later | never
    decided_by  bigint,
    created_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz
);
CREATE UNIQUE INDEX IF NOT EXISTS access_requests_open ON access_requests (bot_id, subject_id) WHERE state = 'asked';
CREATE INDEX IF NOT EXISTS access_requests_subject ON access_requests (bot_id, subject_id, created_at);
CREATE INDEX IF NOT EXISTS access_requests_asker ON access_requests (bot_id, asked_by, created_at);
CREATE INDEX IF NOT EXISTS access_requests_age ON access_requests (created_at) WHERE state <> 'never';

-- Links by which an administrator lets in whoever opens one first.
CREATE TABLE IF NOT EXISTS invitations (
    bot_id      bigint NOT NULL,
    code        text   NOT NULL,
    created_by  bigint NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bot_id, code)
);
CREATE INDEX IF NOT EXISTS invitations_age ON invitations (created_at);

-- Administrators who have written to the bot in private, so that they can be told of requests there.
CREATE TABLE IF NOT EXISTS private_chats (
    bot_id      bigint NOT NULL,
    person_id   bigint NOT NULL,
    language    text   NOT NULL DEFAULT '',
    PRIMARY KEY (bot_id, person_id)
);

-- Topics that nobody named: each is given a title once.
CREATE TABLE IF NOT EXISTS topics (
    bot_id      bigint NOT NULL,
    chat_id     bigint NOT NULL,
    topic_id    bigint NOT NULL,
    state       text   NOT NULL DEFAULT 'unnamed' CHECK (state IN ('unnamed', 'titled', 'named', 'refused')),
    -- unnamed -> titled (by us) | named (by a person) | refused (by Telegram)
    attempts    integer NOT NULL DEFAULT 0,
    next_at     timestamptz NOT NULL DEFAULT now(),
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bot_id, chat_id, topic_id)
);
CREATE INDEX IF NOT EXISTS topics_unnamed ON topics (bot_id, next_at) WHERE state = 'unnamed';
