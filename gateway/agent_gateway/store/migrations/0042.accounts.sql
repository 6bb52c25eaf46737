-- Accounts at forges that people linked, and the linking that is under way.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS linked_accounts (
    bot_id      bigint NOT NULL,
    person_id   bigint NOT NULL,
    connection  text   NOT NULL,
    login       text   NOT NULL,                 -- as the forge calls them
    email       text   NOT NULL,                 -- the forge's own address for commits; empty: it has none
    sealed      bytea  NOT NULL,                 -- access and refresh token; without the key it says nothing
    expires_at  timestamptz,                     -- of the access token; NULL: it does not end
    claimed_until timestamptz,                   -- somebody refreshes it
    language    text   NOT NULL,                 -- in which the person is told of its end
    linked_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bot_id, person_id, connection)
);

-- wanted (the forge is to be asked for a code) -> asked (the person is to enter it); what has ended is no row any more.
CREATE TABLE IF NOT EXISTS account_flows (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id      bigint NOT NULL,
    person_id   bigint NOT NULL,
    connection  text   NOT NULL,
    topic_id    bigint,                          -- of their private chat, where they asked
    language    text   NOT NULL,
    state       text   NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'asked')),
    sealed      bytea,                           -- the device code
    pause       integer NOT NULL DEFAULT 5,      -- seconds between two questions
    due_at      timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    UNIQUE (bot_id, person_id, connection)
);
CREATE INDEX IF NOT EXISTS account_flows_due ON account_flows (bot_id, due_at);
