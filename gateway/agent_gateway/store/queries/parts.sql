-- name: hold_joinable
-- The last that waits here, held, where it was asked by this person and nobody has taken it.
SELECT * FROM turns WHERE id = (
    SELECT id FROM turns WHERE thread_id = $1 AND state = 'queued' ORDER BY COALESCE(again_of, id) DESC, id DESC LIMIT 1
) AND person_id = $2 AND update_id IS NOT NULL AND again_of IS NULL AND state = 'queued' AND length(text) < $3
  AND (SELECT count(*) FROM turn_parts WHERE turn_id = turns.id) BETWEEN 1 AND $4 FOR UPDATE;

-- name: hold_album
SELECT * FROM turns WHERE thread_id = $1 AND album = $2 AND state = 'queued' ORDER BY id DESC LIMIT 1 FOR UPDATE;

-- name: has_album
SELECT 1 FROM turns WHERE thread_id = $1 AND album = $2;

-- name: put_part
INSERT INTO turn_parts (turn_id, message_id, text, files) VALUES ($1, $2, $3, $4::jsonb)
ON CONFLICT (turn_id, message_id) DO UPDATE SET text = EXCLUDED.text, files = EXCLUDED.files;

-- name: edit_part
UPDATE turn_parts SET text = $3 WHERE turn_id = $1 AND message_id = $2 RETURNING 1;

-- name: parts
SELECT message_id, text, files FROM turn_parts WHERE turn_id = $1 ORDER BY message_id;

-- name: put_together
-- It waits $4 seconds more for what may follow, at most $5 in all.
UPDATE turns SET text = $2, files = $3::jsonb, album = COALESCE($6, album),
    ready_at = CASE WHEN $4::float IS NULL THEN ready_at
        ELSE GREATEST(ready_at, LEAST(now() + make_interval(secs => $4), created_at + make_interval(secs => $5))) END
WHERE id = $1 RETURNING *;

-- name: hold_queued
SELECT * FROM turns WHERE id = $1 AND state = 'queued' FOR UPDATE;

-- name: topic_of_message
-- In which topic of a chat a message stands, of a person or of the bot, as far as it is known.
SELECT th.topic_id FROM turn_parts p JOIN turns t ON t.id = p.turn_id JOIN threads th ON th.id = t.thread_id
WHERE p.message_id = $3 AND th.bot_id = $1 AND th.chat_id = $2 AND th.topic_id IS NOT NULL
UNION ALL
SELECT o.topic_id FROM (
    SELECT topic_id, message_ids FROM outbox WHERE bot_id = $1 AND chat_id = $2 AND sent_at IS NOT NULL
    ORDER BY sent_at DESC LIMIT 300
) o WHERE o.topic_id IS NOT NULL AND $3 = ANY (o.message_ids)
LIMIT 1;

-- name: turn_preface
SELECT preface FROM turns WHERE id = $1;

-- name: asked_last_by
UPDATE turns SET update_id = GREATEST(update_id, $2) WHERE id = $1;
