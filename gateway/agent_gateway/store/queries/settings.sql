-- name: set_model
UPDATE threads SET model = $2 WHERE id = $1;

-- name: set_thinking
UPDATE threads SET thinking = $2 WHERE id = $1;

-- name: set_verbosity
UPDATE threads SET verbosity = $2 WHERE id = $1;

-- name: verbosity
SELECT verbosity FROM threads WHERE id = $1;

-- name: context_used
-- Tokens of the prompt of the newest call that was answered. What came from the provider's cache is part of the input,
-- but where it is more than that: those providers count it beside.
SELECT CASE WHEN cached > input THEN input + cached ELSE input END FROM usage
WHERE thread_id = $1 AND status = 200 AND input + cached > 0 ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: open_children
SELECT count(*) FROM subagents WHERE parent_id = $1 AND state <> 'finished';

-- name: lock_open_runs
-- Held, so that none of them is given a turn at this moment.
SELECT 1 FROM runs WHERE thread_id = ANY ($1::bigint[]) AND state <> 'over' ORDER BY thread_id FOR UPDATE;

-- name: idle_runs
-- Of one chat, or of all: runs with an agent that has nothing to do and nothing before it.
SELECT t.*, r.number FROM runs r JOIN threads t ON t.id = r.thread_id
WHERE t.bot_id = $1 AND t.kind = 'conversation' AND r.state = 'live' AND r.stop IS NULL
  AND ($2::bigint IS NULL OR t.chat_id = $2)
  AND NOT EXISTS (SELECT 1 FROM turns q WHERE q.thread_id = t.id AND q.state IN ('queued', 'delivered', 'started'))
  AND NOT EXISTS (SELECT 1 FROM subagents s WHERE s.parent_id = t.id AND s.state <> 'finished')
ORDER BY t.id;
