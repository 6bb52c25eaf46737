-- name: upsert_thread
INSERT INTO threads (bot_id, chat_id, topic_id, name, title) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (bot_id, chat_id, topic_id) WHERE kind = 'conversation' DO UPDATE
SET title = CASE WHEN EXCLUDED.title = '' OR (threads.named AND threads.topic_id IS NOT NULL)
    THEN threads.title ELSE EXCLUDED.title END
RETURNING *;

-- name: thread_by_id
SELECT * FROM threads WHERE id = $1;

-- name: thread_by_name
SELECT * FROM threads WHERE name = $1 AND kind = $2;

-- name: thread_by_address
SELECT * FROM threads WHERE bot_id = $1 AND chat_id = $2 AND topic_id IS NOT DISTINCT FROM $3
  AND kind = 'conversation';

-- name: list_threads
SELECT * FROM threads WHERE bot_id = $1 AND kind = 'conversation' ORDER BY id;

-- name: keep_session
INSERT INTO past_sessions (session_id, thread_id) SELECT session_id, id FROM threads WHERE id = $1;

-- name: begin_session
UPDATE threads SET session_id = gen_random_uuid() WHERE id = $1;

-- name: forget_results
-- A fresh session knows of nothing that was asked for before it.
UPDATE subagents SET delivered_at = now() WHERE parent_id = $1 AND state = 'finished' AND delivered_at IS NULL;

-- name: unfinished_threads
-- Those that may need something done: an open run, or a turn that is not at its end.
SELECT thread_id FROM runs WHERE state <> 'over'
UNION SELECT thread_id FROM turns WHERE state IN ('queued', 'delivered', 'started');
