-- name: add_turn
INSERT INTO turns (thread_id, update_id, message_id, person_id, text, files, album, ready_at, preface, threaded, language)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, now() + make_interval(secs => $8::float), $9, $10,
    (SELECT language FROM threads WHERE id = $1))
ON CONFLICT (thread_id, update_id) WHERE update_id IS NOT NULL DO NOTHING RETURNING *;

-- name: ask_again
INSERT INTO turns (thread_id, message_id, person_id, text, files, again_of, threaded, language, plan, quiet)
SELECT thread_id, message_id, COALESCE($2, person_id), $3, files, id, threaded, COALESCE($4, language), plan, quiet
FROM turns WHERE id = $1
ON CONFLICT (again_of) WHERE again_of IS NOT NULL DO NOTHING RETURNING *;

-- name: last_answer
SELECT text FROM messages WHERE turn_id = $1 AND role = 'assistant' ORDER BY id DESC LIMIT 1;

-- name: turn_by_update
SELECT * FROM turns WHERE thread_id = $1 AND update_id = $2;

-- name: add_message
INSERT INTO messages (thread_id, turn_id, role, text) VALUES ($1, $2, $3, $4);

-- name: turn_by_id
SELECT * FROM turns WHERE id = $1;

-- name: queued_count
SELECT count(*) FROM turns WHERE thread_id = $1 AND state = 'queued';

-- name: lock_queued
-- Held, so that no run is given one of them at this moment.
SELECT id FROM turns WHERE thread_id = $1 AND state = 'queued' ORDER BY id FOR UPDATE;

-- name: failed_between
SELECT * FROM turns WHERE thread_id = $1 AND id BETWEEN $2 AND $3 AND state = 'failed' AND reason = $4 ORDER BY id LIMIT 100;

-- name: next_turn
-- What goes on with a turn, or asks it again, stands where that stood: before what was written after it.
SELECT * FROM turns WHERE thread_id = $1 AND state = 'queued' ORDER BY COALESCE(again_of, id), id LIMIT 1;

-- name: running_turn
SELECT * FROM turns WHERE thread_id = $1 AND state IN ('delivered', 'started');

-- name: deliver_next
-- queued -> delivered; nothing where one is running already (the unique index would refuse a second anyway). The run's
-- row is locked, so that a run that is closing at this moment is given nothing any more; nor is one that is to end, or
-- that has another model or level of thinking than was chosen since; and the thread's, as its topic may be closing.
-- Where the session ends is noted, so that one can go back to before it.
-- A turn that waited for what may follow is not given either while that stands in the inbox, of the last minute: after a
-- restart its time is over, and what follows is not read yet.
WITH open AS (
    SELECT 1 FROM runs r JOIN threads h ON h.id = r.thread_id
    WHERE r.thread_id = $1 AND r.number = $2 AND r.state = 'live' AND r.stop IS NULL AND h.place = 'open'
      AND r.model IS NOT DISTINCT FROM h.model AND r.thinking IS NOT DISTINCT FROM h.thinking FOR SHARE
)
UPDATE turns SET state = 'delivered', run = $2, delivered_at = now(),
    before_session = (SELECT session_id FROM threads WHERE id = $1),
    before_line = (SELECT COALESCE(max(e.ordinal), 0) FROM session_entries e
                   WHERE e.session_id = (SELECT session_id FROM threads WHERE id = $1))
WHERE id = (SELECT id FROM turns WHERE thread_id = $1 AND state = 'queued' ORDER BY COALESCE(again_of, id), id LIMIT 1
            FOR UPDATE)
  AND (ready_at IS NULL OR ready_at <= now() AND NOT EXISTS (
      SELECT 1 FROM threads h JOIN inbox asked ON asked.bot_id = h.bot_id AND asked.update_id = turns.update_id
      JOIN inbox behind ON behind.bot_id = asked.bot_id AND behind.lane = asked.lane AND behind.state = 'new'
        AND behind.update_id > asked.update_id
      WHERE h.id = $1 AND behind.received_at > now() - interval '1 minute'))
  AND NOT EXISTS (SELECT 1 FROM turns WHERE thread_id = $1 AND state IN ('delivered', 'started'))
  AND EXISTS (SELECT 1 FROM open)
RETURNING *;

-- name: turn_started
UPDATE turns SET state = 'started', started_at = now() WHERE id = $1 AND run = $2 AND state = 'delivered'
RETURNING extract(epoch FROM now() - delivered_at)::float;

-- name: first_text
-- Whoever asks while the turn before is answered reads that meanwhile: the wait begins when it has ended.
UPDATE turns t SET first_text_at = now() WHERE t.id = $1 AND t.first_text_at IS NULL
RETURNING extract(epoch FROM now() - GREATEST(t.created_at, (
        SELECT b.ended_at FROM turns b WHERE b.thread_id = t.thread_id AND b.id < t.id ORDER BY b.id DESC LIMIT 1)))::float AS waited,
    extract(epoch FROM now() - t.started_at)::float AS thought;

-- name: save_progress
INSERT INTO turn_views (turn_id, messages)
SELECT id, $2::jsonb FROM turns WHERE id = $1 AND state IN ('delivered', 'started')
ON CONFLICT (turn_id) DO UPDATE SET messages = EXCLUDED.messages, updated_at = now();

-- name: save_view_messages
INSERT INTO turn_views (turn_id, message_ids, shown_at)
SELECT id, $2, now() FROM turns WHERE id = $1 AND state IN ('queued', 'delivered', 'started')
ON CONFLICT (turn_id) DO UPDATE SET message_ids = EXCLUDED.message_ids, updated_at = now(),
    shown_at = CASE WHEN turn_views.message_ids = EXCLUDED.message_ids THEN turn_views.shown_at ELSE now() END;

-- name: view
SELECT turn_id, messages, message_ids FROM turn_views WHERE turn_id = $1;

-- name: delete_view
DELETE FROM turn_views WHERE turn_id = $1 RETURNING message_ids, shown_at;

-- name: thread_of_turn
SELECT th.* FROM threads th JOIN turns t ON t.thread_id = th.id WHERE t.id = $1;

-- name: unclosed_views
-- A gateway that ended between a cancel and what follows it left them; those of the last seconds are being closed.
SELECT t.id FROM turns t JOIN turn_views v ON v.turn_id = t.id JOIN threads th ON th.id = t.thread_id
WHERE t.state = 'cancelled' AND t.ended_at BETWEEN now() - interval '1 day' AND now() - interval '5 seconds'
  AND v.message_ids <> '{}' AND th.bot_id = $1 AND th.place <> 'orphaned'
ORDER BY t.id LIMIT 100;

-- name: end_turn
UPDATE turns SET state = $2, reason = $3, ended_at = now()
WHERE id = $1 AND state IN ('queued', 'delivered', 'started') RETURNING *;

-- name: ask_turn_stop
UPDATE turns SET stop_asked = true, stop_asked_at = COALESCE(stop_asked_at, now())
WHERE id = $1 AND state IN ('queued', 'delivered', 'started') RETURNING thread_id;

-- name: speak_turn
UPDATE turns SET quiet = false WHERE id = $1 AND quiet;

-- name: extend_turn
-- Once for each button: it names what the turn had been given before.
UPDATE turns SET extended = LEAST($2 + $3, $4)
WHERE id = $1 AND extended = $2 AND extended < $4 AND state IN ('delivered', 'started') AND NOT stop_asked
RETURNING thread_id, extended;

-- name: set_warning
-- At most ten times in a turn.
UPDATE turns SET warning = $2, warnings = warnings + 1
WHERE id = $1 AND state IN ('delivered', 'started') AND warnings < 10 RETURNING id;

-- name: take_warning
WITH standing AS (SELECT id, warning FROM turns WHERE id = $1 AND warning IS NOT NULL FOR UPDATE)
UPDATE turns t SET warning = NULL FROM standing s WHERE t.id = s.id RETURNING s.warning;

-- name: last_asked
SELECT * FROM turns WHERE thread_id = $1 AND person_id IS NOT NULL AND again_of IS NULL AND NOT scheduled
ORDER BY id DESC LIMIT 1;

-- name: requeue
-- A pod that waited and that there was none of in the end is no attempt: the next run begins at once, without one.
UPDATE turns SET state = 'queued', run = NULL, delivered_at = NULL,
    attempts = attempts + CASE WHEN EXISTS (
        SELECT 1 FROM runs r WHERE r.thread_id = turns.thread_id AND r.number = turns.run AND r.claimed
          AND (r.ready_at IS NULL OR r.reason = 'ClaimRefused')) THEN 0 ELSE 1 END
WHERE id = $1 AND state = 'delivered';

-- name: give_back
-- One that its person stopped is not begun by the next run: it is told as stopped once this one is over.
UPDATE turns SET state = 'queued', run = NULL, delivered_at = NULL
WHERE id = $1 AND state = 'delivered' AND NOT stop_asked;

-- name: count_attempt
UPDATE turns SET attempts = attempts + 1 WHERE thread_id = $1 AND state = 'queued';

-- name: reset_attempts
UPDATE turns SET attempts = 0 WHERE thread_id = $1 AND state = 'queued' AND attempts > 0;

-- name: cancel_turn
UPDATE turns SET state = 'cancelled', ended_at = now() WHERE id = $1 AND state = 'queued' RETURNING id;

-- name: cancel_queued
UPDATE turns SET state = 'cancelled', ended_at = now() WHERE thread_id = $1 AND state = 'queued' RETURNING id;

-- name: queued_turns
SELECT * FROM turns WHERE thread_id = $1 AND state = 'queued' ORDER BY COALESCE(again_of, id), id;

-- name: has_echo
-- What was understood of a spoken question stands in the chat as a message of its own.
SELECT 1 FROM turns t JOIN outbox o ON o.dedupe_key = 'speech:' || t.update_id
WHERE t.id = $1 AND $2::bigint = ANY(o.message_ids);

-- name: turns_all_of
SELECT COALESCE(bool_and(person_id IS NOT DISTINCT FROM $2), false) FROM turns
WHERE thread_id = $1 AND state IN ('queued', 'delivered', 'started');
