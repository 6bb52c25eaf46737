-- The repository that people chose for a conversation, and the narrower rules that an administrator wants written.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS thread_repositories (
    thread_id   bigint PRIMARY KEY REFERENCES threads,
    connection  text,                                   -- NULL: none is chosen
    path        text,
    ref         text   NOT NULL DEFAULT '',             -- '': the default branch
    chosen_by   bigint,
    state       text   NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'ready', 'failed')),
    offered     jsonb  NOT NULL DEFAULT '[]',           -- what the newest buttons choose from
    rules       jsonb,                                  -- wanted in the AgentThread; JSON's null: all that the class allows
    rules_due   timestamptz                             -- since when they are to be written; NULL: they are
);
CREATE INDEX IF NOT EXISTS thread_repositories_due ON thread_repositories (rules_due) WHERE rules_due IS NOT NULL;
