-- name: put_outbox
INSERT INTO outbox (bot_id, dedupe_key, chat_id, topic_id, reply_to, turn_id, kind, format, text, message_ids, buttons, file_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (dedupe_key) DO NOTHING;

-- name: claim_outbox
-- The oldest unsaid row of each topic, if it is due: order in a topic is kept even where the oldest waits. From topic to
-- topic along the index, so that a long backlog costs no more than one row; whose chat was served longest ago is first.
-- $2: chats to leave alone; $3: how many at most; $4, $5: chats and topics (0: none), in pairs, to leave alone.
WITH RECURSIVE topics AS (
    (SELECT chat_id, COALESCE(topic_id, 0) AS topic FROM outbox
     WHERE bot_id = $1 AND state IN ('pending', 'sending') ORDER BY chat_id, COALESCE(topic_id, 0) LIMIT 1)
    UNION ALL
    SELECT next.chat_id, next.topic FROM topics l CROSS JOIN LATERAL (
        SELECT o.chat_id, COALESCE(o.topic_id, 0) AS topic FROM outbox o
        WHERE o.bot_id = $1 AND o.state IN ('pending', 'sending') AND (o.chat_id, COALESCE(o.topic_id, 0)) > (l.chat_id, l.topic)
        ORDER BY o.chat_id, COALESCE(o.topic_id, 0) LIMIT 1
    ) next
), due AS (
    SELECT oldest.id, oldest.chat_id FROM topics l CROSS JOIN LATERAL (
        SELECT id, chat_id, state, next_at FROM outbox o
        WHERE o.bot_id = $1 AND o.state IN ('pending', 'sending') AND o.chat_id = l.chat_id AND COALESCE(o.topic_id, 0) = l.topic
        ORDER BY o.id LIMIT 1
    ) oldest
    WHERE oldest.state = 'pending' AND oldest.next_at <= now() AND l.chat_id <> ALL ($2::bigint[])
      AND NOT EXISTS (SELECT 1 FROM unnest($4::bigint[], $5::bigint[]) busy (chat_id, topic)
                      WHERE busy.chat_id = l.chat_id AND busy.topic = l.topic)
), chosen AS (
    SELECT d.id FROM due d LEFT JOIN LATERAL (
        SELECT o.sent_at FROM outbox o WHERE o.bot_id = $1 AND o.chat_id = d.chat_id AND o.sent_at IS NOT NULL
        ORDER BY o.sent_at DESC LIMIT 1
    ) served ON true ORDER BY served.sent_at NULLS FIRST, d.id LIMIT $3
), claimed AS (
    UPDATE outbox SET state = 'sending', attempts = attempts + 1
    WHERE id = ANY (ARRAY (SELECT id FROM chosen)) AND state = 'pending' RETURNING *
)
SELECT c.*, extract(epoch FROM now() - c.created_at)::float AS age, (u.state ->> 'total')::int AS tools, (u.state ->> 'failed')::int AS tools_failed,
    COALESCE(extract(epoch FROM t.ended_at - t.started_at), 0)::float AS seconds,
    f.name AS file_name, f.media_type, f.bytes
FROM claimed c LEFT JOIN files f ON f.id = c.file_id LEFT JOIN turn_tools u ON u.turn_id = c.turn_id AND c.kind = 'final'
LEFT JOIN turns t ON t.id = u.turn_id ORDER BY c.id;

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

-- name: resting_chats
-- Where an earlier process was asked to wait, its previews and reactions would be refused as well.
SELECT chat_id, extract(epoch FROM max(next_at) - now())::float AS seconds FROM outbox
WHERE bot_id = $1 AND state = 'pending' AND next_at > now() GROUP BY chat_id;

-- name: outbox_backlog
SELECT count(*) AS pending, COALESCE(extract(epoch FROM now() - min(created_at)), 0)::float AS age FROM outbox
WHERE bot_id = $1 AND state IN ('pending', 'sending');

-- name: due_reactions
-- New turns without eyes, and ended ones without their outcome. That comes behind the answer, never before it.
SELECT t.id AS turn_id, th.bot_id, th.chat_id, th.topic_id, t.message_id, t.state, t.reason, due.begun, due.attempts
FROM (
    SELECT n.id, false AS begun, 0 AS attempts FROM turns n
    WHERE n.created_at > now() - interval '10 minutes' AND n.message_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM reactions r WHERE r.turn_id = n.id)
    UNION ALL
    SELECT r.turn_id, true, r.attempts FROM reactions r JOIN turns e ON e.id = r.turn_id
    WHERE NOT r.settled AND r.next_at <= now() AND e.state IN ('done', 'failed', 'cancelled')
) due JOIN turns t ON t.id = due.id JOIN threads th ON th.id = t.thread_id
WHERE th.bot_id = $1 AND th.kind = 'conversation' AND t.message_id IS NOT NULL
  AND NOT (t.id = ANY ($2::bigint[])) AND NOT (th.chat_id = ANY ($3::bigint[]))
  AND (t.state IN ('queued', 'delivered', 'started') OR NOT EXISTS (
      SELECT 1 FROM outbox o WHERE o.dedupe_key = 'turn:' || t.id AND o.state IN ('pending', 'sending')))
ORDER BY t.id LIMIT $4;

-- name: begin_reaction
INSERT INTO reactions (turn_id) VALUES ($1) ON CONFLICT (turn_id) DO NOTHING;

-- name: settle_reaction
INSERT INTO reactions (turn_id, settled) VALUES ($1, true) ON CONFLICT (turn_id) DO UPDATE SET settled = true;

-- name: retry_reaction
INSERT INTO reactions (turn_id, attempts, next_at) VALUES ($1, 1, now() + make_interval(secs => $2))
ON CONFLICT (turn_id) DO UPDATE SET attempts = reactions.attempts + 1, next_at = EXCLUDED.next_at;

-- name: save_tools
-- Of an ended turn nothing changes any more: its answer may have been told already.
INSERT INTO turn_tools (turn_id, state) SELECT id, $2::jsonb FROM turns WHERE id = $1 AND ended_at IS NULL
ON CONFLICT (turn_id) DO UPDATE SET state = EXCLUDED.state;

-- name: load_tools
SELECT state FROM turn_tools WHERE turn_id = $1;
