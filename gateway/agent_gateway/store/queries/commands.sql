-- name: hold_running_turn
-- One that is being ended at this moment is waited for, and is not found then.
SELECT * FROM turns WHERE thread_id = $1 AND state IN ('delivered', 'started') FOR UPDATE;

-- name: recent_threads
-- Those of the last thousand turns first, the latest before all; then the newest.
WITH last AS (SELECT id, thread_id FROM turns ORDER BY id DESC LIMIT 1000),
written AS (SELECT thread_id, max(id) AS turn FROM last GROUP BY thread_id),
newest AS (
    SELECT id FROM threads WHERE bot_id = $1 AND kind = 'conversation' ORDER BY id DESC LIMIT $2
),
found AS (
    SELECT thread_id, turn FROM written UNION ALL
    SELECT id, NULL FROM newest WHERE id NOT IN (SELECT thread_id FROM written)
)
SELECT t.* FROM found f CROSS JOIN LATERAL (
    SELECT * FROM threads WHERE id = f.thread_id AND bot_id = $1 AND kind = 'conversation' OFFSET 0
) t ORDER BY f.turn DESC NULLS LAST, t.id DESC LIMIT $2;

-- name: recent_chat_threads
-- Of the chat's five hundred newest topics, those first in which somebody wrote last.
SELECT t.* FROM (
    SELECT * FROM threads WHERE bot_id = $1 AND chat_id = $2 AND kind = 'conversation'
    ORDER BY COALESCE(topic_id, 0) DESC LIMIT 500
) t LEFT JOIN LATERAL (
    SELECT id AS turn FROM turns WHERE thread_id = t.id ORDER BY id DESC LIMIT 1
) written ON true ORDER BY written.turn DESC NULLS LAST, t.id DESC LIMIT $3;

-- name: thread_work
-- What is under way in each of a few threads, thread by thread along the indexes.
SELECT h.id, q.id IS NOT NULL AS running, q.started_at, w.queued,
    CASE WHEN r.ready_at IS NOT NULL THEN 'ready' ELSE r.state END AS run
FROM unnest($1::bigint[]) h (id)
LEFT JOIN LATERAL (
    SELECT id, started_at FROM turns WHERE thread_id = h.id AND state IN ('delivered', 'started') LIMIT 1
) q ON true
CROSS JOIN LATERAL (SELECT count(*) AS queued FROM turns WHERE thread_id = h.id AND state = 'queued') w
LEFT JOIN LATERAL (SELECT state, ready_at FROM runs WHERE thread_id = h.id AND state <> 'over' LIMIT 1) r ON true;

-- name: is_allowed
-- Any of these people and groups, or what became one of the groups.
SELECT 1 FROM allowed WHERE bot_id = $1 AND (
    person_id = ANY ($2::bigint[])
    OR person_id IN (SELECT chat_id FROM chat_aliases WHERE bot_id = $1 AND moved_to = ANY ($2::bigint[]))
) LIMIT 1;

-- name: moves
-- What chats became, and what these became, as far as that goes.
WITH RECURSIVE moves AS (
    SELECT chat_id, moved_to FROM chat_aliases WHERE bot_id = $1 AND chat_id = ANY ($2::bigint[])
    UNION
    SELECT a.chat_id, a.moved_to FROM moves m JOIN chat_aliases a ON a.bot_id = $1 AND a.chat_id = m.moved_to
)
SELECT chat_id, moved_to FROM moves;

-- name: cancelled_of
SELECT id FROM turns
WHERE id = ANY ($1::bigint[]) AND state = 'cancelled' AND ended_at < now() - interval '5 seconds' ORDER BY id;
