-- Events that were brought to a hook: each is answered once, by the id that its sender gives it; and what was told of
-- checks of pushed commits.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS hook_deliveries (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id      bigint NOT NULL,
    hook        text   NOT NULL,
    delivery    text   NOT NULL,                     -- digest of the sender's id
    body        text,                                -- digest of what was brought; NULL where the id cannot be forged
    event       text   NOT NULL DEFAULT '',
    prompt      text,                                -- what is to be asked; NULL once it is, or where nothing is
    checked     jsonb,                               -- the commit whose checks are to be looked at; NULL once they are
    outcome     text   NOT NULL DEFAULT '',          -- one word for programs
    attempts    integer NOT NULL DEFAULT 0,
    due_at      timestamptz NOT NULL DEFAULT now(),
    received_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (bot_id, hook, delivery)
);
CREATE UNIQUE INDEX IF NOT EXISTS hook_deliveries_body ON hook_deliveries (bot_id, hook, body) WHERE body IS NOT NULL;
CREATE INDEX IF NOT EXISTS hook_deliveries_prompts ON hook_deliveries (bot_id, due_at) WHERE prompt IS NOT NULL;
CREATE INDEX IF NOT EXISTS hook_deliveries_waiting ON hook_deliveries (bot_id, hook) WHERE prompt IS NOT NULL;
CREATE INDEX IF NOT EXISTS hook_deliveries_checked ON hook_deliveries (bot_id, due_at) WHERE checked IS NOT NULL;
CREATE INDEX IF NOT EXISTS hook_deliveries_asked ON hook_deliveries (bot_id, hook, received_at) WHERE outcome <> 'checked';
CREATE INDEX IF NOT EXISTS hook_deliveries_looks ON hook_deliveries (bot_id, hook, received_at) WHERE outcome = 'checked';
CREATE INDEX IF NOT EXISTS hook_deliveries_age ON hook_deliveries (received_at);

CREATE TABLE IF NOT EXISTS check_results (
    thread_id   bigint NOT NULL REFERENCES threads,  -- the conversation
    connection  text   NOT NULL,
    path        text   NOT NULL,
    sha         text   NOT NULL,
    verdict     text   NOT NULL CHECK (verdict IN ('passed', 'failed')),
    turn_id     bigint,                              -- the turn that looks at it
    told_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (thread_id, connection, path, sha, verdict)
);
CREATE INDEX IF NOT EXISTS check_results_turn ON check_results (thread_id, turn_id) WHERE turn_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS check_results_age ON check_results (told_at);
CREATE INDEX IF NOT EXISTS pushed_refs_commit ON pushed_refs (connection, lower(path), oid);
CREATE INDEX IF NOT EXISTS pull_requests_open ON pull_requests (connection, lower(path)) WHERE state = 'open';
