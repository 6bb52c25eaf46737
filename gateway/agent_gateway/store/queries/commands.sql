-- name: hold_running_turn
-- One that is being ended at this moment is waited for, and is not found then.
SELECT * FROM turns WHERE thread_id = $1 AND state IN ('delivered', 'started') FOR UPDATE;

-- name: recent_threads
SELECT t.*, count(*) OVER () AS found FROM threads t
LEFT JOIN LATERAL (SELECT max(id) AS turn FROM turns WHERE thread_id = t.id) written ON true
WHERE t.bot_id = $1 AND t.kind = 'conversation' AND ($2::bigint IS NULL OR t.chat_id = $2)
ORDER BY written.turn DESC NULLS LAST, t.id DESC LIMIT $3;

-- name: is_allowed
SELECT 1 FROM allowed WHERE bot_id = $1 AND person_id = $2;

-- name: moves
-- What chats became, and what these became, as far as that goes.
WITH RECURSIVE moves AS (
    SELECT chat_id, moved_to FROM chat_aliases WHERE bot_id = $1 AND chat_id = ANY ($2::bigint[])
    UNION
    SELECT a.chat_id, a.moved_to FROM moves m JOIN chat_aliases a ON a.bot_id = $1 AND a.chat_id = m.moved_to
)
SELECT chat_id, moved_to FROM moves;
