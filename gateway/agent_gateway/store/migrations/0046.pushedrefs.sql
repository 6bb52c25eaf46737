-- Branches that a conversation's agents pushed, as git servers took them: which repository, where the branch stands since.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS pushed_refs (
    thread_id   bigint NOT NULL REFERENCES threads,
    connection  text   NOT NULL,
    path        text   NOT NULL,                 -- of the repository, below the connection's address
    ref         text   NOT NULL,                 -- its full name
    oid         text   NOT NULL,                 -- the commit that it was moved to
    pushed_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (thread_id, connection, path, ref)
);
