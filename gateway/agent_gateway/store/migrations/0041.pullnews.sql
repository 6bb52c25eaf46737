-- What was said or done at a pull request: each is told once, and answered once.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS pull_news (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pull_id     bigint NOT NULL REFERENCES pull_requests ON DELETE CASCADE,
    key         text   NOT NULL,                 -- the forge's own id of it; 'call:<id>' of what our agent said
    kind        text   NOT NULL CHECK (kind IN ('review', 'comment', 'checks', 'state', 'own')),
    author      text   NOT NULL DEFAULT '',
    verdict     text   NOT NULL DEFAULT '',
    place       text   NOT NULL DEFAULT '',      -- file and line
    text        text   NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    turn_id     bigint,                          -- the turn that answers it
    UNIQUE (pull_id, key)
);
CREATE INDEX IF NOT EXISTS pull_news_open ON pull_news (pull_id, id) WHERE turn_id IS NULL;
