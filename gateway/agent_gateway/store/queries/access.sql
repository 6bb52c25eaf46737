-- name: allow
INSERT INTO allowed (bot_id, person_id, approved_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: disallow
DELETE FROM allowed WHERE bot_id = $1 AND person_id = $2 RETURNING person_id;

-- name: open_turns_of
SELECT t.thread_id, t.id FROM turns t JOIN threads h ON h.id = t.thread_id
WHERE h.bot_id = $1 AND t.person_id = $2 AND t.state IN ('queued', 'delivered', 'started') ORDER BY t.id;

-- name: add_pairing
INSERT INTO pairings (bot_id, code, person_id, topic_id) VALUES ($1, $2, $3, $4);

-- name: open_pairings
-- Newest first.
SELECT code, created_at FROM pairings WHERE bot_id = $1 AND person_id = $2 AND created_at > now() - interval '1 hour'
ORDER BY created_at DESC;

-- name: pairing
SELECT person_id, topic_id, created_at > now() - interval '1 hour' AS open FROM pairings
WHERE bot_id = $1 AND code = $2 FOR UPDATE;

-- name: drop_pairings
DELETE FROM pairings WHERE bot_id = $1 AND person_id = $2;

-- name: count_audit
SELECT count(*) FROM audit WHERE person_id = $1 AND action = $2 AND at > now() - make_interval(secs => $3);
