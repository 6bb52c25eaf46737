-- name: upsert_thread
INSERT INTO threads (bot_id, chat_id, topic_id, name, title) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (bot_id, chat_id, topic_id) WHERE kind = 'conversation' DO UPDATE
SET title = CASE WHEN EXCLUDED.title = '' OR (threads.named AND threads.topic_id IS NOT NULL)
    THEN threads.title ELSE EXCLUDED.title END
RETURNING *;

-- name: thread_by_id
SELECT * FROM threads WHERE id = $1;

-- name: thread_facts
-- All that is stored of a thread and that a decision needs, at one moment of the database's clock.
SELECT now() AS now, t AS thread,
    (SELECT r FROM runs r WHERE r.thread_id = t.id AND r.state <> 'over') AS run,
    (SELECT r FROM runs r WHERE r.thread_id = t.id AND r.state = 'over' ORDER BY r.number DESC LIMIT 1) AS last,
    (SELECT q FROM turns q WHERE q.thread_id = t.id AND q.state IN ('delivered', 'started')) AS running,
    (SELECT q FROM turns q WHERE q.thread_id = t.id AND q.state = 'queued'
     ORDER BY COALESCE(q.again_of, q.id), q.id LIMIT 1) AS waiting,
    -- Each counts from when it may work, and not for ever: an hour more than its own time.
    (SELECT max(LEAST(COALESCE(s.finished_at, now()), s.created_at + make_interval(secs => 3600 + s.timeout)))
     FROM subagents s JOIN turns q ON q.id = s.turn_id
     WHERE s.uid IS NOT NULL AND s.parent_id = t.id AND s.parent_run = q.run AND q.thread_id = t.id
       AND q.state IN ('delivered', 'started')) AS children_until
FROM threads t WHERE t.id = $1;

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

-- name: threads_by_names
-- Conversations of these names, and whether they have an open run or a turn that is not at its end. Name by name, by the
-- index: these may be a page of many.
SELECT t.id, n.name,
    EXISTS (SELECT FROM runs r WHERE r.thread_id = t.id AND r.state <> 'over')
    OR EXISTS (SELECT FROM turns u WHERE u.thread_id = t.id AND u.state IN ('queued', 'delivered', 'started')) AS open
FROM unnest($1::text[]) n (name)
CROSS JOIN LATERAL (SELECT id FROM threads WHERE kind = 'conversation' AND name = n.name OFFSET 0) t;

-- name: subagents_by_names
-- Sub-agents of these names, name by name as above.
SELECT s.thread_id, n.name, s.uid, s.state FROM unnest($1::text[]) n (name)
CROSS JOIN LATERAL (SELECT id FROM threads WHERE kind = 'subagent' AND name = n.name OFFSET 0) t
CROSS JOIN LATERAL (SELECT thread_id, uid, state FROM subagents WHERE thread_id = t.id OFFSET 0) s;
