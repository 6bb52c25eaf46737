-- name: add_turn
INSERT INTO turns (thread_id, update_id, message_id, person_id, text, files, album, ready_at)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, CASE WHEN $7::text IS NULL THEN NULL ELSE now() + interval '1.5 seconds' END)
ON CONFLICT (thread_id, update_id) WHERE update_id IS NOT NULL DO NOTHING RETURNING *;

-- name: add_to_album
-- Each part may have words of its own.
UPDATE turns SET files = files || $4::jsonb, text = concat_ws(E'\n', NULLIF(text, ''), NULLIF($3::text, '')),
    ready_at = now() + interval '1.5 seconds'
WHERE thread_id = $1 AND album = $2 AND state = 'queued' RETURNING *;

-- name: add_to_paste
-- Only to the newest message of the same person, while that waits for its rest.
UPDATE turns SET text = text || E'\n' || $3,
    ready_at = CASE WHEN $4 THEN now() + interval '1.5 seconds' ELSE ready_at END
WHERE id = (SELECT id FROM turns WHERE thread_id = $1 AND person_id IS NOT NULL ORDER BY id DESC LIMIT 1)
  AND album = $5 AND person_id = $2 AND state = 'queued' AND ready_at > now() AND length(text) < 200000 RETURNING *;

-- name: has_album
SELECT 1 FROM turns WHERE thread_id = $1 AND album = $2;

-- name: ask_again
INSERT INTO turns (thread_id, message_id, person_id, text, files, again_of)
SELECT thread_id, message_id, COALESCE($2, person_id), $3, files, id FROM turns WHERE id = $1
ON CONFLICT (again_of) WHERE again_of IS NOT NULL DO NOTHING RETURNING *;

-- name: last_answer
SELECT text FROM messages WHERE turn_id = $1 AND role = 'assistant' ORDER BY id DESC LIMIT 1;

-- name: turn_by_update
SELECT * FROM turns WHERE thread_id = $1 AND update_id = $2;

-- name: add_message
INSERT INTO messages (thread_id, turn_id, role, text) VALUES ($1, $2, $3, $4);

-- name: turn_by_id
SELECT * FROM turns WHERE id = $1;

-- name: run_had_turns
-- How many turns the run had besides $3: one is enough to know.
SELECT count(*) FROM (SELECT 1 FROM turns WHERE thread_id = $1 AND run = $2 AND id <> $3 LIMIT 1) other;

-- name: queued_count
SELECT count(*) FROM turns WHERE thread_id = $1 AND state = 'queued';

-- name: next_turn
-- What goes on with a turn, or asks it again, stands where that stood: before what was written after it.
SELECT * FROM turns WHERE thread_id = $1 AND state = 'queued' ORDER BY COALESCE(again_of, id), id LIMIT 1;

-- name: running_turn
SELECT * FROM turns WHERE thread_id = $1 AND state IN ('delivered', 'started');

-- name: deliver_next
-- queued -> delivered; nothing where one is running already (the unique index would refuse a second anyway). The run's
-- row is locked, so that a run that is closing at this moment is given nothing any more; nor is one that is to end, or
-- that has another model than was chosen since; and the thread's, as its topic may be closing.
WITH open AS (
    SELECT 1 FROM runs r JOIN threads h ON h.id = r.thread_id
    WHERE r.thread_id = $1 AND r.number = $2 AND r.state = 'live' AND r.stop IS NULL AND h.place = 'open'
      AND r.model IS NOT DISTINCT FROM h.model FOR SHARE
)
UPDATE turns SET state = 'delivered', run = $2, delivered_at = now()
WHERE id = (SELECT id FROM turns WHERE thread_id = $1 AND state = 'queued' ORDER BY COALESCE(again_of, id), id LIMIT 1
            FOR UPDATE)
  AND (ready_at IS NULL OR ready_at <= now())
  AND NOT EXISTS (SELECT 1 FROM turns WHERE thread_id = $1 AND state IN ('delivered', 'started'))
  AND EXISTS (SELECT 1 FROM open)
RETURNING *;

-- name: turn_started
UPDATE turns SET state = 'started', started_at = now() WHERE id = $1 AND run = $2 AND state = 'delivered';

-- name: first_text
UPDATE turns SET first_text_at = now() WHERE id = $1 AND first_text_at IS NULL
RETURNING extract(epoch FROM now() - created_at)::float;

-- name: save_progress
INSERT INTO turn_views (turn_id, messages)
SELECT id, $2::jsonb FROM turns WHERE id = $1 AND state IN ('delivered', 'started')
ON CONFLICT (turn_id) DO UPDATE SET messages = EXCLUDED.messages, updated_at = now();

-- name: save_view_messages
INSERT INTO turn_views (turn_id, message_ids)
SELECT id, $2 FROM turns WHERE id = $1 AND state IN ('queued', 'delivered', 'started')
ON CONFLICT (turn_id) DO UPDATE SET message_ids = EXCLUDED.message_ids, updated_at = now();

-- name: view
SELECT turn_id, messages, message_ids FROM turn_views WHERE turn_id = $1;

-- name: delete_view
DELETE FROM turn_views WHERE turn_id = $1 RETURNING message_ids;

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
UPDATE turns SET stop_asked = true WHERE id = $1 AND state IN ('queued', 'delivered', 'started') RETURNING thread_id;

-- name: last_asked
SELECT * FROM turns WHERE thread_id = $1 AND person_id IS NOT NULL AND again_of IS NULL ORDER BY id DESC LIMIT 1;

-- name: requeue
UPDATE turns SET state = 'queued', run = NULL, delivered_at = NULL, attempts = attempts + 1
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
