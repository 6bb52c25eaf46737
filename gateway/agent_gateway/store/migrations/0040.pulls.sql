-- Pull requests that a conversation's agents opened, and how each is, as it was seen last.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS pull_requests (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id      bigint NOT NULL,
    thread_id   bigint NOT NULL REFERENCES threads,  -- the conversation, also of what its sub-agents opened
    connection  text   NOT NULL,
    path        text   NOT NULL,                 -- the repository, as the forge names it
    head        text   NOT NULL,
    base        text   NOT NULL,
    person_id   bigint,                          -- who asked
    number      integer,                         -- NULL until the forge gave one
    url         text   NOT NULL DEFAULT '',
    title       text   NOT NULL DEFAULT '',
    state       text   NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'open', 'merged', 'closed')),
    sha         text   NOT NULL DEFAULT '',      -- the commit that checks are of
    passed      integer NOT NULL DEFAULT 0,      -- its checks
    failed      integer NOT NULL DEFAULT 0,
    pending     integer NOT NULL DEFAULT 0,
    review      text   NOT NULL DEFAULT '' CHECK (review IN ('', 'approved', 'changes')),
    etags       jsonb  NOT NULL DEFAULT '{}',    -- of the forge's answers, by address
    wanted_at   timestamptz NOT NULL DEFAULT now(),
    news_at     timestamptz NOT NULL DEFAULT now(),  -- when something of it changed last
    next_at     timestamptz,                     -- when it is looked at next; NULL: no more
    failures    integer NOT NULL DEFAULT 0,      -- looks in a row that failed
    problem     text                             -- why it is not looked at any more
);
CREATE UNIQUE INDEX IF NOT EXISTS pull_requests_number ON pull_requests (thread_id, connection, lower(path), number)
    WHERE number IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS pull_requests_wanted ON pull_requests (thread_id, connection, lower(path), head, base)
    WHERE number IS NULL;
CREATE INDEX IF NOT EXISTS pull_requests_thread ON pull_requests (thread_id, id);
CREATE INDEX IF NOT EXISTS pull_requests_due ON pull_requests (bot_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS pull_requests_repository ON pull_requests (connection, lower(path), number);
CREATE INDEX IF NOT EXISTS pull_requests_news ON pull_requests (news_at);
