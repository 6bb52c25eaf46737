-- name: came_from
SELECT came_from FROM leader WHERE bot_id = $1;

-- name: restore_settled
UPDATE leader SET came_from = NULL, restored_at = now() WHERE bot_id = $1;

-- name: raise_ids
-- So that no id that was given in the time that is lost, and stands below a message as a button, is given again.
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, COALESCE(last_value, 0) + $1::bigint)
FROM pg_sequences WHERE schemaname = current_schema();

-- name: end_open_runs
UPDATE runs SET state = 'over', ended_at = now(), reason = $1, message = NULL WHERE state <> 'over' RETURNING thread_id;

-- name: end_open_turns
-- Of conversations; those of sub-agents end with them.
UPDATE turns t SET state = 'failed', reason = $1, ended_at = now() FROM threads h
WHERE h.id = t.thread_id AND h.kind = 'conversation' AND t.state IN ('queued', 'delivered', 'started')
RETURNING t.id, t.thread_id, t.message_id, t.language, h.chat_id, h.topic_id;

-- name: drop_open_decisions
-- Nobody waits for them any more; the messages that they stand in may be other ones by now, and stay as they are.
UPDATE decisions SET state = 'withdrawn', ended_at = now(), closed = true WHERE state = 'asked';

-- name: drop_open_steers
UPDATE steers SET state = 'dropped' WHERE state = 'wanted';

-- name: cancel_open_subagents
-- The first reason stands. Those made by hand are their resource's alone.
UPDATE subagents SET cancel = COALESCE(cancel, 'lost') WHERE state <> 'finished' AND parent_id IS NOT NULL RETURNING thread_id;

-- name: repeat_outbox
-- $2: what stands before it, by language. As messages of their own: what stands in the chat may say more than they do by now.
UPDATE outbox SET message_ids = '{}', shown = '{}', preview_ids = '{}', attempts = 0, next_at = now(), text = COALESCE($2::jsonb ->> (
        SELECT h.language FROM threads h WHERE h.bot_id = outbox.bot_id AND h.chat_id = outbox.chat_id
          AND COALESCE(h.topic_id, 0) = COALESCE(outbox.topic_id, 0) AND h.kind = 'conversation'
    ), $2::jsonb ->> 'en') || text,
    state = CASE WHEN state = 'held' THEN state ELSE 'pending' END
WHERE id = ANY (ARRAY (
    SELECT id FROM outbox WHERE bot_id = $1 AND state IN ('pending', 'sending')
    UNION ALL SELECT id FROM outbox WHERE bot_id = $1 AND state = 'held'
)) RETURNING id;

-- name: forget_view_messages
-- Of the turn that a run has.
UPDATE turn_views v SET message_ids = '{}' FROM turns t
WHERE t.thread_id = $1 AND t.state IN ('delivered', 'started') AND v.turn_id = t.id;

-- name: lost_runs
-- Whether runs between $3, the last one that had an agent, and $2 are lost by a restore: one was cut by it, or is unknown.
SELECT EXISTS (SELECT 1 FROM runs c WHERE c.thread_id = $1 AND c.number >= $3 AND c.number < $2 AND c.reason = $4)
OR EXISTS (
    SELECT 1 FROM leader l LEFT JOIN runs r ON r.thread_id = $1 AND r.number = $3
    WHERE COALESCE(r.ended_at, '-infinity') <= l.restored_at
      AND $2 - 1 - $3 > (SELECT count(*) FROM runs k WHERE k.thread_id = $1 AND k.number > $3 AND k.number < $2)
);
