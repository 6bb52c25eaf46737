-- name: add_steer
-- Words only for a turn that runs, and its row is held until they are there: its end moves what is not read.
INSERT INTO steers (turn_id, kind, update_id, message_id, person_id, text)
SELECT t.id, $2, $3, $4, $5, $6 FROM turns t
WHERE t.id = $1 AND ($2 = 'edit' OR t.state IN ('delivered', 'started')) FOR SHARE
ON CONFLICT (turn_id, update_id) DO NOTHING RETURNING id;

-- name: count_steers
SELECT count(*) FROM steers WHERE turn_id = $1 AND state = 'wanted';

-- name: wanted_steers
SELECT id, text FROM steers WHERE turn_id = $1 AND state = 'wanted' ORDER BY id;

-- name: steer_read
-- Whoever said something is to hear what comes of it: a turn that has read it is quiet no more.
WITH taken AS (
    UPDATE steers SET state = 'read' WHERE id = $1 AND turn_id = $2 AND state = 'wanted' RETURNING turn_id, kind
)
UPDATE turns SET quiet = false WHERE id = (SELECT turn_id FROM taken WHERE kind = 'steer') AND quiet;

-- name: move_steers
-- Behind a turn that has ended: asked as turns of their own, or dropped where its person wanted no more of it.
WITH moved AS (
    UPDATE steers SET state = CASE WHEN $2 THEN 'dropped' ELSE 'moved' END
    WHERE turn_id = $1 AND kind = 'steer' AND state = 'wanted' RETURNING *
)
INSERT INTO turns (thread_id, message_id, person_id, text, language, plan)
SELECT t.thread_id, m.message_id, m.person_id, m.text, t.language, t.plan FROM moved m JOIN turns t ON t.id = m.turn_id
WHERE NOT $2 ORDER BY m.id RETURNING id, thread_id, text;

-- name: unread_edits
-- How messages of earlier turns were edited, that the agent has not been told; of turns that are undone it knows nothing.
SELECT s.text FROM steers s WHERE s.thread_id = $1 AND s.kind = 'edit' AND s.state = 'wanted' AND s.turn_id <> $2
  AND NOT EXISTS (SELECT 1 FROM turns q WHERE q.id = s.turn_id AND q.undone IS NOT NULL) ORDER BY s.id;

-- name: edits_told
-- With a turn that began: until then it may have to be sent again.
UPDATE steers s SET state = 'moved' FROM turns begun
WHERE begun.id = $1 AND s.thread_id = begun.thread_id AND s.turn_id <> begun.id
  AND s.kind = 'edit' AND s.state = 'wanted' AND s.created_at <= begun.delivered_at;

-- name: turn_by_message
-- The newest turn that a message asked for, what it first asked and by whom: one that asks again is of whoever pressed,
-- and may say more than the message did.
SELECT t.*, o.said, o.said_by FROM (
    SELECT q.id, q.message_id, p.text AS said, q.person_id AS said_by FROM turn_parts p JOIN turns q ON q.id = p.turn_id
    WHERE p.message_id = $2 AND q.thread_id = $1
    UNION ALL
    SELECT q.id, q.message_id, q.text, q.person_id FROM turns q
    WHERE q.thread_id = $1 AND q.message_id = $2 AND q.again_of IS NULL
      AND NOT EXISTS (SELECT 1 FROM turn_parts p WHERE p.turn_id = q.id)
    ORDER BY 1 DESC LIMIT 1
) o JOIN turns t ON t.thread_id = $1 AND (t.id = o.id OR t.again_of = o.id) ORDER BY t.id DESC LIMIT 1;

-- name: turn_by_steer
SELECT t.*, s.text AS said, s.person_id AS said_by FROM steers s JOIN turns t ON t.id = s.turn_id
WHERE t.thread_id = $1 AND s.message_id = $2 AND s.kind = 'steer' AND s.state IN ('wanted', 'read')
ORDER BY s.id DESC LIMIT 1;

-- name: last_edit
SELECT s.text FROM steers s JOIN turns t ON t.id = s.turn_id
WHERE t.thread_id = $1 AND s.message_id = $2 AND s.kind = 'edit' ORDER BY s.id DESC LIMIT 1;

-- name: edit_turn
-- Only what nobody has taken yet, and nothing that was put together of several messages: of those one alone was edited.
UPDATE turns SET text = $2 WHERE id = $1 AND state = 'queued' AND album IS DISTINCT FROM $3::text
  AND NOT EXISTS (SELECT 1 FROM turn_parts p WHERE p.turn_id = turns.again_of OFFSET 1) RETURNING *;

-- name: edit_message
UPDATE messages SET text = $2 WHERE turn_id = $1 AND role = 'user';
