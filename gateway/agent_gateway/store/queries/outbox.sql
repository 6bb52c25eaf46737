-- name: put_outbox
-- $13: how urgent it is; without it, a notice is less so than an answer.
INSERT INTO outbox (bot_id, dedupe_key, chat_id, topic_id, reply_to, turn_id, kind, format, text, message_ids, buttons, file_id,
    urgency)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (dedupe_key) DO NOTHING RETURNING id;

-- name: put_of_turn
-- A notice of a turn that has not had as many as $8 yet: the same one comes again where its acknowledgement was lost.
INSERT INTO outbox (bot_id, dedupe_key, chat_id, topic_id, reply_to, turn_id, kind, format, text, urgency)
SELECT $1, $2, $3, $4, $5, $6, 'notice', 'markdown', $7, 1
WHERE (SELECT count(*) FROM outbox WHERE turn_id = $6 AND kind = 'notice') < $8::int
ON CONFLICT (dedupe_key) DO NOTHING RETURNING id;

-- name: put_to_stranger
-- Unless as many as $6 such wait already: who is told nothing may write again.
INSERT INTO outbox (bot_id, dedupe_key, chat_id, topic_id, reply_to, kind, format, text, buttons, message_ids, urgency)
SELECT $1, $2, $3, $4, $5, 'notice', $9, $7, $8, $10, 2
WHERE (SELECT count(*) FROM outbox WHERE bot_id = $1 AND urgency = 2 AND state IN ('pending', 'sending')) < $6::int
ON CONFLICT (dedupe_key) DO NOTHING RETURNING id;

-- name: may_tell_stranger
SELECT NOT EXISTS (SELECT 1 FROM outbox WHERE dedupe_key = $2)
    AND (SELECT count(*) FROM outbox WHERE bot_id = $1 AND urgency = 2 AND state IN ('pending', 'sending')) < $3::int;

-- name: unsent_notices
-- What waits in a topic, or is held for it, and was begun by nobody: newest first, behind the first $4.
SELECT id FROM (
    SELECT id FROM outbox WHERE bot_id = $1 AND chat_id = $2 AND COALESCE(topic_id, 0) = COALESCE($3, 0) AND urgency = 1
      AND state = 'pending' AND kind = 'notice' AND message_ids = '{}' AND dedupe_key NOT LIKE 'left-out:%'
    UNION ALL
    SELECT id FROM outbox WHERE bot_id = $1 AND chat_id = $2 AND COALESCE(topic_id, 0) = COALESCE($3, 0) AND urgency = 1
      AND state = 'held' AND kind = 'notice' AND message_ids = '{}' AND dedupe_key NOT LIKE 'left-out:%'
) waiting ORDER BY id DESC OFFSET $4;

-- name: leave_out
UPDATE outbox SET state = 'dead', error = 'left out' WHERE id = ANY ($1::bigint[]) AND state IN ('pending', 'held');

-- name: left_out_told
-- Whether a line waits already that says so.
SELECT 1 FROM outbox WHERE bot_id = $1 AND chat_id = $2 AND COALESCE(topic_id, 0) = COALESCE($3, 0) AND urgency = 1
  AND state = 'pending' AND dedupe_key LIKE 'left-out:%' LIMIT 1;

-- name: drop_unsent_of
-- What a topic's agents have said beside their answers, and their files, that nobody has begun to send.
WITH gone AS (
    UPDATE outbox SET state = 'dead', error = 'left out' WHERE id = ANY (ARRAY (
        SELECT id FROM outbox WHERE bot_id = $1 AND chat_id = $2 AND COALESCE(topic_id, 0) = COALESCE($3, 0) AND urgency = 1
          AND state = 'pending' AND message_ids = '{}' AND dedupe_key NOT LIKE 'export:%'
        UNION ALL
        SELECT id FROM outbox WHERE bot_id = $1 AND chat_id = $2 AND COALESCE(topic_id, 0) = COALESCE($3, 0) AND urgency = 1
          AND state = 'held' AND message_ids = '{}' AND dedupe_key NOT LIKE 'export:%'
    )) AND state IN ('pending', 'held') RETURNING file_id
), chunks AS (
    DELETE FROM file_chunks WHERE file_id = ANY (ARRAY (SELECT file_id FROM gone WHERE file_id IS NOT NULL))
), freed AS (
    UPDATE files SET held = 0 WHERE id = ANY (ARRAY (SELECT file_id FROM gone WHERE file_id IS NOT NULL))
)
SELECT count(*) FROM gone;

-- name: put_final
INSERT INTO outbox (bot_id, dedupe_key, chat_id, topic_id, reply_to, turn_id, kind, format, text, buttons, way, preview_ids,
    preview_at, threaded)
VALUES ($1, $2, $3, $4, $5, $6, 'final', $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (dedupe_key) DO NOTHING;

-- name: claim_outbox
-- The oldest unsaid row of each queue, if it is due: order in a queue is kept even where the oldest waits. A queue is what
-- one topic has of one urgency. From queue to queue along the index, so that a long backlog costs no more than one row.
-- Topics take turns within a chat, chats among each other: whoever was served longest ago is first.
-- $2: chats to leave alone; $3: how many of each urgency at most, and $4, how many of each in one chat, those at work
-- included; $5, $6, $7: the queues at work (topic 0: none).
WITH RECURSIVE queues AS (
    (SELECT chat_id, COALESCE(topic_id, 0) AS topic, urgency FROM outbox
     WHERE bot_id = $1 AND state IN ('pending', 'sending') ORDER BY chat_id, COALESCE(topic_id, 0), urgency LIMIT 1)
    UNION ALL
    SELECT next.chat_id, next.topic, next.urgency FROM queues q CROSS JOIN LATERAL (
        SELECT o.chat_id, COALESCE(o.topic_id, 0) AS topic, o.urgency FROM outbox o
        WHERE o.bot_id = $1 AND o.state IN ('pending', 'sending')
          AND (o.chat_id, COALESCE(o.topic_id, 0), o.urgency) > (q.chat_id, q.topic, q.urgency)
        ORDER BY o.chat_id, COALESCE(o.topic_id, 0), o.urgency LIMIT 1
    ) next
), at_work AS (
    SELECT chat_id, topic, urgency FROM unnest($5::bigint[], $6::bigint[], $7::smallint[]) w (chat_id, topic, urgency)
), busy AS (
    SELECT chat_id, urgency, count(*) AS count FROM at_work GROUP BY 1, 2
), due AS (
    SELECT oldest.id, q.chat_id, q.topic, q.urgency FROM queues q CROSS JOIN LATERAL (
        SELECT id, state, next_at FROM outbox o
        WHERE o.bot_id = $1 AND o.state IN ('pending', 'sending') AND o.chat_id = q.chat_id
          AND COALESCE(o.topic_id, 0) = q.topic AND o.urgency = q.urgency
        ORDER BY o.id LIMIT 1
    ) oldest
    WHERE oldest.state = 'pending' AND oldest.next_at <= now() AND q.chat_id <> ALL ($2::bigint[])
      AND (q.chat_id, q.topic, q.urgency) NOT IN (SELECT chat_id, topic, urgency FROM at_work)
), in_chat AS (
    SELECT d.*, row_number() OVER (PARTITION BY d.chat_id, d.urgency ORDER BY served.sent_at NULLS FIRST, d.id)
        + COALESCE(b.count, 0) AS place
    FROM due d LEFT JOIN busy b USING (chat_id, urgency) LEFT JOIN LATERAL (
        SELECT o.sent_at FROM outbox o WHERE o.bot_id = $1 AND o.chat_id = d.chat_id AND COALESCE(o.topic_id, 0) = d.topic
          AND o.sent_at IS NOT NULL ORDER BY o.sent_at DESC LIMIT 1
    ) served ON true
), in_all AS (
    SELECT c.id, c.urgency, row_number() OVER (PARTITION BY c.urgency ORDER BY served.sent_at NULLS FIRST, c.id) AS place
    FROM in_chat c LEFT JOIN LATERAL (
        SELECT o.sent_at FROM outbox o WHERE o.bot_id = $1 AND o.chat_id = c.chat_id AND o.sent_at IS NOT NULL
        ORDER BY o.sent_at DESC LIMIT 1
    ) served ON true
    WHERE c.place <= ($4::int[])[c.urgency + 1]
), chosen AS (
    SELECT id FROM in_all WHERE place <= ($3::int[])[urgency + 1]
), claimed AS (
    UPDATE outbox SET state = 'sending', attempts = attempts + 1, begun = begun + 1
    WHERE id = ANY (ARRAY (SELECT id FROM chosen)) AND state = 'pending' RETURNING *
)
SELECT c.*, extract(epoch FROM now() - c.created_at)::float AS age,
    extract(epoch FROM now() - c.preview_at)::float AS preview_age, (u.state ->> 'total')::int AS tools, (u.state ->> 'failed')::int AS tools_failed,
    COALESCE(extract(epoch FROM t.ended_at - t.started_at), 0)::float AS seconds,
    f.name AS file_name, f.media_type, f.bytes,
    COALESCE((SELECT q.language FROM turns q WHERE q.id = c.turn_id), (SELECT h.language FROM threads h
     WHERE h.bot_id = c.bot_id AND h.chat_id = c.chat_id AND COALESCE(h.topic_id, 0) = COALESCE(c.topic_id, 0)
       AND h.kind = 'conversation'), 'en') AS language
FROM claimed c LEFT JOIN files f ON f.id = c.file_id LEFT JOIN turn_tools u ON u.turn_id = c.turn_id AND c.kind = 'final'
LEFT JOIN turns t ON t.id = u.turn_id ORDER BY c.id;

-- name: withdraw_outbox
-- What was not said yet, and is not to be said any more.
UPDATE outbox SET state = 'dead', error = 'withdrawn' WHERE dedupe_key = $1 AND state = 'pending' AND message_ids = '{}'
RETURNING id;

-- name: said_messages
SELECT message_ids FROM outbox WHERE dedupe_key = $1 AND state <> 'dead';

-- name: progress_outbox
-- What came so far was confirmed: nothing is unknown any more.
UPDATE outbox SET message_ids = $2, shown = $3, ambiguous = 0, ambiguous_since = NULL, begun = 0 WHERE id = $1;

-- name: final_shows
SELECT 1 FROM outbox WHERE dedupe_key = $1 AND $2::bigint = ANY (message_ids || preview_ids);

-- name: take_previews
-- The final takes the place of what was previewed.
UPDATE outbox SET message_ids = preview_ids, shown = '{}', preview_ids = '{}' WHERE id = $1;

-- name: unknown_outbox
UPDATE outbox SET state = 'pending', next_at = now() + make_interval(secs => $2), error = $3, begun = 0,
    ambiguous = ambiguous + 1, ambiguous_since = COALESCE(ambiguous_since, now()) WHERE id = $1;

-- name: due_folds
-- Previews of answers that stand, the oldest first; $2: rows at work, $3: chats to leave alone.
SELECT o.id, o.bot_id, o.chat_id, o.topic_id, o.preview_ids, o.way, o.state,
    (u.state ->> 'total')::int AS tools, (u.state ->> 'failed')::int AS tools_failed,
    COALESCE(extract(epoch FROM t.ended_at - t.started_at), 0)::float AS seconds,
    extract(epoch FROM now() - o.created_at)::float AS age, COALESCE(t.language, 'en') AS language
FROM outbox o LEFT JOIN turns t ON t.id = o.turn_id LEFT JOIN turn_tools u ON u.turn_id = o.turn_id
WHERE o.bot_id = $1 AND o.preview_ids <> '{}' AND o.state IN ('sent', 'dead') AND NOT (o.id = ANY ($2::bigint[]))
  AND NOT (o.chat_id = ANY ($3::bigint[])) AND (o.fold_at IS NULL OR o.fold_at <= now())
ORDER BY o.id LIMIT $4;

-- name: folded
UPDATE outbox SET preview_ids = '{}', way = '' WHERE id = $1;

-- name: retry_fold
UPDATE outbox SET fold_at = now() + make_interval(secs => $2) WHERE id = $1;

-- name: sent
-- What it was is told: of a turn, how that ended, and the seconds since it was asked.
UPDATE outbox o SET state = 'sent', sent_at = now(), error = NULL
FROM outbox said LEFT JOIN turns t ON t.id = said.turn_id WHERE o.id = $1 AND said.id = o.id
RETURNING o.kind, o.turn_id, extract(epoch FROM now() - o.created_at)::float AS waited,
    t.state, t.reason, extract(epoch FROM now() - t.created_at)::float AS whole;

-- name: leave_outbox
UPDATE outbox SET begun = 0 WHERE id = $1 AND state = 'sending';

-- name: retry_outbox
UPDATE outbox SET state = 'pending', next_at = now() + make_interval(secs => $2), error = $3, begun = 0 WHERE id = $1;

-- name: dead
UPDATE outbox SET state = 'dead', error = $2 WHERE id = $1;

-- name: reset_sending
-- After a takeover nobody is sending any more what stands as sending.
UPDATE outbox SET state = 'pending' WHERE bot_id = $1 AND state = 'sending';

-- name: resting_chats
-- Where an earlier process was asked to wait, its previews and reactions would be refused as well.
-- What waits for another reason than a 429 holds up its chat for no longer than that took.
SELECT chat_id, extract(epoch FROM max(until) - now())::float AS seconds FROM (
    SELECT chat_id, next_at AS until FROM outbox
    WHERE bot_id = $1 AND state = 'pending' AND next_at > now() AND ambiguous = 0
    UNION ALL SELECT chat_id, until FROM chat_rests WHERE bot_id = $1 AND until > now()
) rests GROUP BY chat_id;

-- name: rest_chat
INSERT INTO chat_rests (bot_id, chat_id, until) VALUES ($1, $2, now() + make_interval(secs => $3))
ON CONFLICT (bot_id, chat_id) DO UPDATE SET until = GREATEST(chat_rests.until, EXCLUDED.until);

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
