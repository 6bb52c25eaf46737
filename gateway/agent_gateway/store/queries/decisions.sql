-- name: add_decision
-- Only for a turn that runs and that nobody stops; its row is held until the question is there: its end withdraws it.
-- $18: it is decided already, as the person allowed it for the whole conversation.
INSERT INTO decisions (bot_id, thread_id, run, call_id, turn_id, chat_id, topic_id, asker_id, kind, text, options,
    free_text, rule, approvers, language, expires_at, state, choice, ended_at, closed)
SELECT $1, $2, $3, $4, t.id, $6, $7, $8, $9, $10, $11::jsonb, $12, $13, $14, $15, now() + make_interval(secs => $16),
    CASE WHEN $18 THEN 'answered' ELSE 'asked' END, $17, CASE WHEN $18 THEN now() END, $18
FROM turns t WHERE t.id = $5 AND t.thread_id = $2 AND t.state IN ('delivered', 'started') AND NOT t.stop_asked FOR SHARE
ON CONFLICT (thread_id, run, call_id) DO NOTHING RETURNING *;

-- name: add_loose_decision
-- Asked by no agent: what follows a plan, or what is to be another in it.
INSERT INTO decisions (bot_id, thread_id, turn_id, chat_id, topic_id, asker_id, kind, text, options, free_text,
    approvers, language, expires_at)
SELECT h.bot_id, t.thread_id, t.id, h.chat_id, h.topic_id, COALESCE($3, t.person_id), $2, $4, '[]', $5, $6, $7,
    now() + make_interval(secs => $8)
FROM turns t JOIN threads h ON h.id = t.thread_id WHERE t.id = $1 RETURNING *;

-- name: count_asked
-- What a turn asked, but for one call, and how much of it waits.
SELECT count(*) AS asked, count(*) FILTER (WHERE state = 'asked') AS open FROM decisions
WHERE turn_id = $1 AND call_id IS DISTINCT FROM $2;

-- name: decision_of_call
SELECT * FROM decisions WHERE thread_id = $1 AND run = $2 AND call_id = $3;

-- name: lock_decision
SELECT *, expires_at <= now() AS expired FROM decisions WHERE id = $1 AND bot_id = $2 FOR UPDATE;

-- name: lock_plan
-- The decision about the plan that a turn wrote.
SELECT *, expires_at <= now() AS expired FROM decisions WHERE turn_id = $1 AND kind = 'plan' AND bot_id = $2 FOR UPDATE;

-- name: open_decisions
-- Asked in a chat, oldest first, with the messages that they stand in.
SELECT d.*, COALESCE(o.message_ids, '{}') AS message_ids FROM decisions d
LEFT JOIN outbox o ON o.dedupe_key = 'ask:' || d.id
WHERE d.bot_id = $1 AND d.chat_id = $2 AND d.state = 'asked' ORDER BY d.id LIMIT 50;

-- name: end_decision
UPDATE decisions SET state = $2, choice = $3, answer = $4, decided_by = $5, decided_name = $6, ended_at = now(),
    closed = $7 WHERE id = $1 AND state = 'asked' RETURNING *;

-- name: withdraw_decisions
-- Of a turn, of a run ($2), or all that a thread's agents ask; in the order of ids.
UPDATE decisions SET state = 'withdrawn', ended_at = now() WHERE id IN (
    SELECT id FROM decisions WHERE thread_id = $1 AND state = 'asked' AND call_id IS NOT NULL
      AND ($2::integer IS NULL OR run = $2) AND ($3::bigint IS NULL OR turn_id = $3) ORDER BY id FOR UPDATE
) AND state = 'asked' RETURNING id;

-- name: withdraw_plans
-- What was to become of plans, and what was to be another in them.
UPDATE decisions SET state = 'withdrawn', ended_at = now() WHERE id IN (
    SELECT id FROM decisions WHERE thread_id = $1 AND state = 'asked' AND call_id IS NULL AND kind <> 'budget'
    ORDER BY id FOR UPDATE
) AND state = 'asked' RETURNING id;

-- name: withdraw_call
UPDATE decisions SET state = 'withdrawn', ended_at = now() WHERE thread_id = $1 AND run = $2 AND call_id = $3 AND state = 'asked'
RETURNING id;

-- name: decision_taken
UPDATE decisions SET taken_at = now() WHERE thread_id = $1 AND run = $2 AND call_id = $3 AND taken_at IS NULL;

-- name: expire_decisions
UPDATE decisions SET state = 'expired', ended_at = now() WHERE id IN (
    SELECT id FROM decisions WHERE bot_id = $1 AND state = 'asked' AND expires_at <= now()
    ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
) AND state = 'asked' RETURNING *;

-- name: next_expiry
SELECT extract(epoch FROM min(expires_at) - now())::float FROM decisions WHERE bot_id = $1 AND state = 'asked';

-- name: unclosed_decisions
-- Decided or over, and their messages do not say so; with what became of these messages.
SELECT d.*, o.id AS outbox_id, COALESCE(o.message_ids, '{}') AS message_ids,
    COALESCE(o.state, 'dead') AS sending, COALESCE(o.attempts, 0) AS attempts, COALESCE(e.message_ids, '{}') AS ended_ids
FROM decisions d LEFT JOIN outbox o ON o.dedupe_key = 'ask:' || d.id LEFT JOIN outbox e ON e.dedupe_key = 'decided:' || d.id
WHERE d.bot_id = $1 AND d.state <> 'asked' AND NOT d.closed AND d.id > $3 ORDER BY d.id LIMIT $2;

-- name: close_decision
UPDATE decisions SET closed = true WHERE id = $1 AND NOT closed RETURNING id;

-- name: drop_unsent
-- A question that nobody has seen, and that is none any more.
UPDATE outbox SET state = 'dead', error = 'withdrawn'
WHERE id = $1 AND ((state = 'pending' AND attempts = 0) OR state = 'held') RETURNING id;

-- name: untaken_decisions
-- Of a run, what its agent may not know yet.
SELECT * FROM decisions WHERE thread_id = $1 AND run = $2 AND state <> 'asked' AND taken_at IS NULL AND kind <> 'push' ORDER BY id;

-- name: late_decisions
-- What was to reach its runner seconds ago, of runs that are live.
SELECT d.* FROM decisions d JOIN runs r ON r.thread_id = d.thread_id AND r.number = d.run
WHERE d.bot_id = $1 AND d.state <> 'asked' AND d.taken_at IS NULL AND d.run IS NOT NULL AND d.kind <> 'push'
  AND r.state = 'live'
  AND d.ended_at < now() - make_interval(secs => $2) AND d.ended_at > now() - interval '1 day' AND d.id > $4
ORDER BY d.id LIMIT $3;

-- name: approval
SELECT person_name FROM approvals WHERE thread_id = $1 AND rule = $2;

-- name: add_approval
INSERT INTO approvals (thread_id, rule, person_id, person_name) VALUES ($1, $2, $3, $4)
ON CONFLICT (thread_id, rule) DO NOTHING;

-- name: approvals
SELECT rule, person_name FROM approvals WHERE thread_id = $1 ORDER BY created_at, rule LIMIT 100;

-- name: revoke_approval
DELETE FROM approvals WHERE thread_id = $1 AND ($2::text IS NULL OR rule = $2) RETURNING rule;

-- name: mark_plan
UPDATE turns SET plan = true WHERE id = $1 RETURNING *;
