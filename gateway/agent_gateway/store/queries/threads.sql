-- name: conversations_full
-- It would be a new one, and $4 have begun in its chat within a day.
SELECT 1 WHERE NOT EXISTS (
    SELECT 1 FROM threads WHERE bot_id = $1 AND chat_id = $2 AND COALESCE(topic_id, 0) = COALESCE($3::bigint, 0)
      AND kind = 'conversation'
) AND (
    SELECT count(*) FROM threads WHERE bot_id = $1 AND chat_id = $2 AND kind = 'conversation'
      AND created_at > now() - interval '1 day'
) >= $4::int;

-- name: upsert_thread
-- $6: of whoever asks; NULL leaves it.
INSERT INTO threads (bot_id, chat_id, topic_id, name, title, language) VALUES ($1, $2, $3, $4, $5, COALESCE($6, 'en'))
ON CONFLICT (bot_id, chat_id, topic_id) WHERE kind = 'conversation' DO UPDATE
SET title = CASE WHEN EXCLUDED.title = '' OR (threads.named AND threads.topic_id IS NOT NULL)
    THEN threads.title ELSE EXCLUDED.title END,
    language = COALESCE($6, threads.language)
RETURNING *;

-- name: thread_by_id
SELECT * FROM threads WHERE id = $1;

-- name: thread_facts
-- All that is stored of a thread and that a decision needs, at one moment of the database's clock.
SELECT now() AS now, t AS thread, COALESCE(t.warm_until > now(), false) AS warms,
    (SELECT r FROM runs r WHERE r.thread_id = t.id AND r.state <> 'over') AS run,
    (SELECT r FROM runs r WHERE r.thread_id = t.id AND r.state = 'over' ORDER BY r.number DESC LIMIT 1) AS last,
    (SELECT q FROM turns q WHERE q.thread_id = t.id AND q.state IN ('delivered', 'started')) AS running,
    (SELECT q FROM turns q WHERE q.thread_id = t.id AND q.state = 'queued'
     ORDER BY COALESCE(q.again_of, q.id), q.id LIMIT 1) AS waiting
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
    UNION (SELECT thread_id FROM runs WHERE lingering AND thread_id > $1 ORDER BY thread_id LIMIT $2)
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

-- name: warm_thread
-- Until $2 its agent may begin that has nothing to do yet.
UPDATE threads SET warm_until = $2 WHERE id = $1;

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
