-- name: put_outbox
INSERT INTO outbox (bot_id, dedupe_key, chat_id, topic_id, reply_to, turn_id, kind, format, text, message_ids, buttons)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (dedupe_key) DO NOTHING;

-- name: claim_outbox
-- The oldest unsaid row of each chat, if it is due: order in a chat is kept even where the oldest waits.
UPDATE outbox SET state = 'sending', attempts = attempts + 1
WHERE id IN (
    SELECT id FROM (
        SELECT DISTINCT ON (chat_id) id, state, next_at FROM outbox
        WHERE bot_id = $1 AND state IN ('pending', 'sending') AND NOT (chat_id = ANY ($2::bigint[]))
        ORDER BY chat_id, id
    ) oldest WHERE state = 'pending' AND next_at <= now()
) AND state = 'pending'
RETURNING *;

-- name: progress_outbox
UPDATE outbox SET message_ids = $2, shown = $3 WHERE id = $1;

-- name: sent
UPDATE outbox SET state = 'sent', sent_at = now(), error = NULL WHERE id = $1;

-- name: retry_outbox
UPDATE outbox SET state = 'pending', next_at = now() + make_interval(secs => $2), error = $3 WHERE id = $1;

-- name: dead
UPDATE outbox SET state = 'dead', error = $2 WHERE id = $1;

-- name: reset_sending
-- After a takeover nobody is sending any more what stands as sending.
UPDATE outbox SET state = 'pending' WHERE bot_id = $1 AND state = 'sending';

-- name: outbox_backlog
SELECT count(*) AS pending, COALESCE(extract(epoch FROM now() - min(created_at)), 0)::float AS age FROM outbox
WHERE bot_id = $1 AND state IN ('pending', 'sending');
