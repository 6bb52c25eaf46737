-- name: note_connection
INSERT INTO connections AS c (bot_id, name, reason) VALUES ($1, $2, $3)
ON CONFLICT (bot_id, name) DO UPDATE SET
    times = CASE WHEN c.reason = $3 THEN least(c.times + 1, 1000) ELSE 1 END,
    since = CASE WHEN c.reason = $3 THEN c.since ELSE now() END,
    reason = $3
RETURNING times, (extract(epoch FROM since) * 1000000)::bigint AS since, told;

-- name: mark_connection_told
UPDATE connections SET told = $3 WHERE bot_id = $1 AND name = $2;

-- name: forget_connections
DELETE FROM connections WHERE bot_id = $1 AND NOT name = ANY($2::text[]);
