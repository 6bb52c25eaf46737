-- A push that waits for a person is a question of its own kind; its rule is a digest of what is pushed.
SET LOCAL lock_timeout = '10s';

ALTER TABLE decisions DROP CONSTRAINT IF EXISTS decisions_kind_check;
ALTER TABLE decisions ADD CONSTRAINT decisions_kind_check
    CHECK (kind IN ('question', 'select', 'confirm', 'input', 'approval', 'plan', 'change', 'budget', 'push'));

CREATE INDEX IF NOT EXISTS decisions_pushes ON decisions (thread_id, rule) WHERE kind = 'push' AND taken_at IS NULL;
