-- name: read_cursor
SELECT next_offset, extract(epoch FROM now() - updated_at)::float AS age FROM cursor WHERE bot_id = $1;

-- name: write_cursor
INSERT INTO cursor (bot_id, next_offset) VALUES ($1, $2)
ON CONFLICT (bot_id) DO UPDATE SET next_offset = EXCLUDED.next_offset, updated_at = now();

-- name: add_update
INSERT INTO inbox (bot_id, update_id, lane, payload) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- name: receive_update
-- By a webhook, which any replica may answer; the leader hears of it.
WITH stored AS (
    INSERT INTO inbox (bot_id, update_id, lane, payload) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING 1
)
SELECT pg_notify('openclaw_inbox', $1::text) FROM stored;

-- name: next_inbox
-- The oldest new row of each lane. From lane to lane along the index, so that a long lane costs no more than a short one.
WITH RECURSIVE lanes AS (
    (SELECT lane FROM inbox WHERE bot_id = $1 AND state = 'new' ORDER BY lane LIMIT 1)
    UNION ALL
    SELECT (SELECT i.lane FROM inbox i WHERE i.bot_id = $1 AND i.state = 'new' AND i.lane > l.lane ORDER BY i.lane LIMIT 1)
    FROM lanes l WHERE l.lane IS NOT NULL
)
SELECT oldest.* FROM lanes l CROSS JOIN LATERAL (
    SELECT update_id, lane, payload, received_at FROM inbox i
    WHERE i.bot_id = $1 AND i.state = 'new' AND i.lane = l.lane ORDER BY update_id LIMIT 1
) oldest WHERE l.lane <> ALL ($2::text[]) ORDER BY update_id LIMIT 100;

-- name: finish_inbox
UPDATE inbox SET state = $3, error = $4, done_at = now() WHERE bot_id = $1 AND update_id = $2 AND state = 'new'
RETURNING extract(epoch FROM clock_timestamp() - received_at)::float;

-- name: drop_inbox
DELETE FROM inbox WHERE bot_id = $1 AND update_id = $2;

-- name: claim_inbox
-- Held until the transaction ends, so that no two consumers work on one row.
SELECT 1 FROM inbox WHERE bot_id = $1 AND update_id = $2 AND state = 'new' FOR UPDATE SKIP LOCKED;

-- name: earlier_parts
SELECT payload FROM inbox WHERE bot_id = $1 AND update_id < $2 AND state = 'done'
  AND received_at > now() - interval '2 minutes' AND payload LIKE $3 ORDER BY update_id;

-- name: earlier_of_message
SELECT payload FROM inbox WHERE bot_id = $1 AND state = 'done' AND lane = $2 AND update_id < $3
  AND received_at > now() - interval '10 minutes' AND payload LIKE $4 ORDER BY update_id DESC LIMIT 20;
