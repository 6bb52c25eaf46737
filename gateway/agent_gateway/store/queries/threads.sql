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
SELECT * FROM threads WHERE bot_id = $1 AND chat_id = $2 AND COALESCE(topic_id, 0) = COALESCE($3, 0)
  AND kind = 'conversation';

-- name: list_threads
-- Conversations, newest first.
SELECT * FROM threads WHERE bot_id = $1 AND kind = 'conversation' ORDER BY id DESC LIMIT $2;

-- name: list_chat_threads
-- Conversations of one chat, newest topic first.
SELECT * FROM threads WHERE bot_id = $1 AND chat_id = $2 AND kind = 'conversation' ORDER BY COALESCE(topic_id, 0) DESC LIMIT $3;

-- name: keep_session
INSERT INTO past_sessions (session_id, thread_id) SELECT session_id, id FROM threads WHERE id = $1;

-- name: begin_session
UPDATE threads SET session_id = gen_random_uuid() WHERE id = $1;

-- name: forget_results
-- A fresh session knows of nothing that was asked for before it.
UPDATE subagents SET delivered_at = now()
WHERE parent_id = $1 AND state = 'finished' AND delivered_at IS NULL AND cancel IS DISTINCT FROM 'parent';

-- name: unfinished_threads
-- Those that may need something done: an open run, or a turn that is not at its end.
SELECT thread_id FROM runs WHERE state <> 'over'
UNION SELECT thread_id FROM turns WHERE state IN ('queued', 'delivered', 'started');

-- name: open_threads_page
-- Threads with an open run or a turn that is not at its end, the next $2 behind thread $1.
SELECT thread_id FROM (
    (SELECT thread_id FROM runs WHERE state <> 'over' AND thread_id > $1 ORDER BY thread_id LIMIT $2)
    UNION (
        SELECT DISTINCT thread_id FROM turns
        WHERE state IN ('queued', 'delivered', 'started') AND thread_id > $1 ORDER BY thread_id LIMIT $2
    )
) open ORDER BY thread_id LIMIT $2;

-- name: mark_due
-- Due from now on, or since it was due. Each mark gives another value, so that whoever read the one before settles
-- nothing that came after. In the order of ids, so that two of these never wait for each other.
UPDATE threads SET due_at = LEAST(due_at, now()) + interval '1 microsecond'
WHERE id IN (SELECT id FROM threads WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE);

-- name: due_threads
-- Due for at least so many seconds, longest first.
SELECT id, due_at FROM threads
WHERE bot_id = $1 AND due_at <= now() - make_interval(secs => $3::float) ORDER BY due_at LIMIT $2;

-- name: settle_due
-- Nothing is due any more, unless it was marked since that value was read.
UPDATE threads SET due_at = NULL WHERE id = $1 AND due_at = $2 RETURNING id;
