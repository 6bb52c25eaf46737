-- What was found out about connections, so that administrators are told once for each change.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS connections (
    bot_id bigint      NOT NULL,
    name   text        NOT NULL,
    reason text        NOT NULL,
    times  integer     NOT NULL DEFAULT 1,     -- looks in a row that found this
    since  timestamptz NOT NULL DEFAULT now(),
    told   text,                               -- the reason that administrators know of; none where it can be used
    PRIMARY KEY (bot_id, name)
);
