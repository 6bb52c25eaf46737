-- name: add_confirm
INSERT INTO confirms (action, bot_id, chat_id, topic_id, person_id, subject) VALUES ($1, $2, $3, $4, $5, $6::jsonb)
RETURNING id;

-- name: lock_confirm
SELECT *, created_at < now() - interval '10 minutes' AS expired FROM confirms WHERE id = $1 AND bot_id = $2 FOR UPDATE;

-- name: end_confirm
UPDATE confirms SET state = $2, pressed_by = $3 WHERE id = $1 AND state = 'asked';
