-- name: lock_thread
SELECT * FROM threads WHERE id = $1 FOR UPDATE;

-- name: hold_turn
-- One that runs; it cannot end before this transaction does.
SELECT 1 FROM turns WHERE id = $1 AND state IN ('delivered', 'started') FOR SHARE;

-- name: subagent
SELECT s.*, t.name, t.language, p.name AS parent_name, p.kind AS parent_kind
FROM subagents s JOIN threads t ON t.id = s.thread_id LEFT JOIN threads p ON p.id = s.parent_id
WHERE s.thread_id = $1;

-- name: lock_subagent
-- Held, so that it does not end while something is said of it.
SELECT s.*, t.name, t.language, p.name AS parent_name, p.kind AS parent_kind
FROM subagents s JOIN threads t ON t.id = s.thread_id LEFT JOIN threads p ON p.id = s.parent_id
WHERE s.thread_id = $1 FOR SHARE OF s;

-- name: subagent_by_call
SELECT s.*, t.name, t.language, p.name AS parent_name, p.kind AS parent_kind
FROM subagents s JOIN threads t ON t.id = s.thread_id LEFT JOIN threads p ON p.id = s.parent_id
WHERE s.parent_id = $1 AND s.parent_run = $2 AND s.call_id = $3;

-- name: children
-- Of one parent, oldest first; of one run where that is given.
SELECT s.*, t.name, t.language, p.name AS parent_name, p.kind AS parent_kind
FROM subagents s JOIN threads t ON t.id = s.thread_id LEFT JOIN threads p ON p.id = s.parent_id
WHERE s.parent_id = $1 AND s.parent_run BETWEEN COALESCE($2::integer, 0) AND COALESCE($2, 2147483647) ORDER BY s.thread_id;

-- name: turn_children
-- Those that one turn of a run asked for, oldest first.
SELECT s.*, t.name, t.language, p.name AS parent_name, p.kind AS parent_kind
FROM subagents s JOIN threads t ON t.id = s.thread_id LEFT JOIN threads p ON p.id = s.parent_id
WHERE s.parent_id = $1 AND s.parent_run = $2 AND s.turn_id = $3 ORDER BY s.thread_id;

-- name: count_turn_children
SELECT count(*) FROM subagents WHERE parent_id = $1 AND parent_run = $2 AND turn_id = $3;

-- name: last_child_number
SELECT COALESCE(max(number), 0) FROM subagents WHERE parent_id = $1 AND parent_run = $2;

-- name: subagent_facts
-- All that is decided from, at one moment of the database's clock: its row, its run and its turn while they are open, and
-- whether the turn that asked for it still runs.
SELECT now() AS now, s.*, t.name, t.language, p.name AS parent_name, p.kind AS parent_kind, r AS open_run,
    (SELECT u FROM turns u WHERE u.thread_id = s.thread_id AND u.state IN ('queued', 'delivered', 'started')
     ORDER BY u.id LIMIT 1) AS open_turn,
    s.turn_id IS NULL OR EXISTS (
        SELECT 1 FROM turns a JOIN runs h ON h.thread_id = a.thread_id AND h.number = a.run
        WHERE a.id = s.turn_id AND a.state IN ('delivered', 'started') AND h.state <> 'over'
    ) AS still_wanted
FROM subagents s JOIN threads t ON t.id = s.thread_id LEFT JOIN threads p ON p.id = s.parent_id
LEFT JOIN runs r ON r.thread_id = s.thread_id AND r.state <> 'over'
WHERE s.thread_id = $1;

-- name: send_turn_again
-- Delivered, and not begun: counted, and it has its time anew.
UPDATE turns SET attempts = attempts + 1, delivered_at = now() WHERE id = $1 AND state = 'delivered' RETURNING *;

-- name: family
-- Everything below a conversation that is open, or ended within a day; oldest first. One that ended has ended what is
-- below it, so that nothing below an older one is looked for: an hour more, for those that took their time.
WITH RECURSIVE below AS (
    SELECT $1::bigint AS thread_id
    UNION SELECT s.thread_id FROM below b CROSS JOIN LATERAL (
        SELECT thread_id FROM subagents WHERE parent_id = b.thread_id AND state <> 'finished'
        UNION ALL SELECT thread_id FROM subagents
        WHERE parent_id = b.thread_id AND state = 'finished' AND finished_at > now() - interval '25 hours'
    ) s
)
SELECT s.*, t.name, t.language, p.name AS parent_name, p.kind AS parent_kind
FROM below b JOIN subagents s USING (thread_id) JOIN threads t ON t.id = s.thread_id
LEFT JOIN threads p ON p.id = s.parent_id
WHERE b.thread_id <> $1 AND (s.state <> 'finished' OR s.finished_at > now() - interval '1 day') ORDER BY s.thread_id;

-- name: subagent_by_name
SELECT s.*, t.name, t.language, p.name AS parent_name, p.kind AS parent_kind
FROM subagents s JOIN threads t ON t.id = s.thread_id LEFT JOIN threads p ON p.id = s.parent_id
WHERE t.name = $1 AND t.kind = 'subagent';

-- name: undelivered
-- What ended and the parent's session does not hold yet; what the parent itself called off needs no telling. The names row
-- by row: they are few, though many are expected of a parent that had many sub-agents.
SELECT s.*, t.name, t.language, p.name AS parent_name, p.kind AS parent_kind FROM subagents s
CROSS JOIN LATERAL (SELECT name, language FROM threads WHERE id = s.thread_id OFFSET 0) t
LEFT JOIN LATERAL (SELECT name, kind FROM threads WHERE id = s.parent_id OFFSET 0) p ON true
WHERE s.parent_id = $1 AND s.state = 'finished' AND s.delivered_at IS NULL AND s.cancel IS DISTINCT FROM 'parent'
ORDER BY s.thread_id;

-- name: add_child_thread
INSERT INTO threads (bot_id, chat_id, topic_id, name, title, language, kind, run_counter)
VALUES ($1, $2, $3, $4, $5, $6, 'subagent', 1) RETURNING *;

-- name: add_subagent
INSERT INTO subagents (
    thread_id, parent_id, parent_uid, parent_run, call_id, number, turn_id, reply_to, task, class_name, timeout,
    workspace, depth, uid, state
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: subagent_created
UPDATE subagents SET state = 'created', uid = $2 WHERE thread_id = $1 AND state = 'wanted';

-- name: subagent_phase
UPDATE subagents SET phase = $2, reason = $3, message = $4 WHERE thread_id = $1 AND state <> 'finished';

-- name: cancel_subagent
-- The first reason stands.
UPDATE subagents SET cancel = COALESCE(cancel, $2) WHERE thread_id = $1 AND state <> 'finished' RETURNING thread_id;

-- name: cancel_children
UPDATE subagents SET cancel = COALESCE(cancel, $2)
WHERE parent_id = $1 AND state <> 'finished' AND ($3::bigint IS NULL OR turn_id = $3) RETURNING thread_id;

-- name: finish_subagent
UPDATE subagents SET state = 'finished', phase = $2, reason = $3, message = $4, result = $5, finished_at = now(),
    cancel = COALESCE(cancel, $6)
WHERE thread_id = $1 AND state <> 'finished' RETURNING thread_id;

-- name: end_child_turns
UPDATE turns SET state = $2, reason = $3, ended_at = now()
WHERE thread_id = $1 AND state IN ('queued', 'delivered', 'started') RETURNING id;

-- name: hand_results
UPDATE subagents SET handed_turn = $2 WHERE thread_id = ANY ($1::bigint[]);

-- name: results_handed
UPDATE subagents SET delivered_at = now() WHERE handed_turn = $1 AND delivered_at IS NULL;

-- name: results_stored
UPDATE subagents SET delivered_at = now()
WHERE parent_id = $1 AND parent_run = $2 AND delivered_at IS NULL
  AND thread_id IN (SELECT id FROM threads WHERE kind = 'subagent' AND name = ANY ($3::text[]));

-- name: rename_thread
UPDATE threads SET name = $2 WHERE id = $1;

-- name: family_usage
-- Tokens of a sub-agent and of all below it.
WITH RECURSIVE below AS (
    SELECT $1::bigint AS thread_id
    UNION SELECT s.thread_id FROM subagents s JOIN below b ON s.parent_id = b.thread_id
)
SELECT COALESCE(sum(u.input), 0)::bigint AS input, COALESCE(sum(u.output), 0)::bigint AS output,
       COALESCE(sum(u.cached), 0)::bigint AS cached
FROM below b CROSS JOIN LATERAL (SELECT input, output, cached FROM usage WHERE thread_id = b.thread_id OFFSET 0) u;

-- name: outbox_messages
SELECT message_ids, state IN ('pending', 'sending') AS unsent FROM outbox WHERE dedupe_key = $1;

-- name: edit_status
-- It stands where the first row put it.
INSERT INTO outbox (bot_id, dedupe_key, chat_id, topic_id, kind, format, text, message_ids, buttons)
SELECT bot_id, $2, chat_id, topic_id, kind, format, $3, message_ids, $4 FROM outbox WHERE dedupe_key = $1
ON CONFLICT (dedupe_key) DO NOTHING;
