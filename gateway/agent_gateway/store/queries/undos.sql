-- name: undoable_turns
-- What the conversation's present session was asked and what is not undone, the newest first. Of one that was gone back to only
-- what was asked since, but with $3: the files have what other sessions did after the rest.
SELECT t.id, t.person_id, t.message_id, t.text, t.preface, t.files, t.created_at, t.delivered_at, t.again_of,
    t.state IN ('delivered', 'started') AS running
FROM turns t WHERE t.before_session = (SELECT session_id FROM threads WHERE id = $1) AND t.undone IS NULL
  AND t.delivered_at > CASE WHEN $3 THEN '-infinity' ELSE COALESCE((SELECT max(ended_at) FROM past_sessions WHERE thread_id = $1), '-infinity') END
ORDER BY t.delivered_at DESC LIMIT $2;

-- name: turn_saying
-- Of some turns that one whose answer, or whose part of it, a message of the bot's is.
SELECT turn_id FROM outbox WHERE turn_id = ANY ($1::bigint[]) AND $2::bigint = ANY (message_ids)
UNION ALL SELECT turn_id FROM turn_views WHERE turn_id = ANY ($1::bigint[]) AND $2::bigint = ANY (message_ids)
LIMIT 1;

-- name: undo_files
-- The files as they were before a moment at which a turn was given to a run (without one: the newest), and as they are now.
-- `gone`: there were some, and nobody knows them any more.
WITH own AS (SELECT GREATEST(clean_run, forgotten_run) AS run FROM threads WHERE id = $1), states AS (
    SELECT s.id, COALESCE(q.delivered_at, s.created_at) AS at
    FROM kept_states s JOIN own ON s.run > own.run LEFT JOIN turns q ON q.id = s.turn_id
    WHERE s.thread_id = $1 AND s.call_id IS NULL AND s.failed < 2 AND s.undone IS NULL
)
SELECT (SELECT max(id) FROM states WHERE at < COALESCE($2::timestamptz, 'infinity')) AS kept_id, (SELECT max(id) FROM states) AS newest_id,
    EXISTS (SELECT 1 FROM kept_rooms WHERE thread_id = $1 AND gone_from < $2) OR EXISTS (
        SELECT 1 FROM workspaces w JOIN own ON w.run > own.run
        WHERE w.thread_id = $1 AND w.call_id IS NULL AND w.bytes IS NOT NULL AND w.failed < 2
    ) AS gone;

-- name: add_undo
INSERT INTO undos (thread_id, session_id, line_from, line_to, kept_id, person_id)
SELECT h.id, h.session_id, t.before_line,
    (SELECT COALESCE(max(e.ordinal), 0) FROM session_entries e WHERE e.session_id = h.session_id), $3, $4
FROM threads h JOIN turns t ON t.id = $2 AND t.before_session = h.session_id WHERE h.id = $1
RETURNING id;

-- name: undo_turns
-- A turn, and all that were given to a run after it.
UPDATE turns t SET undone = $3 FROM turns f
WHERE f.id = $2 AND t.thread_id = $1 AND t.before_session = f.before_session AND t.undone IS NULL
  AND t.delivered_at >= f.delivered_at
RETURNING t.id;

-- name: undo_states
-- All behind the one that is gone back to.
UPDATE kept_states SET undone = $3 WHERE thread_id = $1 AND call_id IS NULL AND failed < 2 AND undone IS NULL AND id > $2;

-- name: undo_thread
-- What its runs till now still send counts no more, and its agent is told the time anew.
UPDATE threads SET undone_run = run_counter, dated_session = NULL WHERE id = $1;

-- name: undo_results
-- What a sub-agent of an undone turn found is told nobody.
UPDATE subagents SET delivered_at = now() WHERE parent_id = $1 AND turn_id = ANY ($2::bigint[]) AND delivered_at IS NULL;

-- name: untell_results
-- What a person asked for, and was told the agent in an undone turn, is told it again.
UPDATE subagents SET delivered_at = NULL, handed_turn = NULL
WHERE parent_id = $1 AND turn_id IS NULL AND handed_turn = ANY ($2::bigint[]) AND state = 'finished';

-- name: count_pushed
-- Branches that were pushed since a moment.
SELECT count(*) FROM pushed_refs WHERE thread_id = $1 AND pushed_at >= $2;

-- name: last_undo
-- The newest that was not put back. `late`: it is too old, or something was asked after it, or the session is another, or was.
SELECT u.id, u.created_at < now() - make_interval(secs => $2::float) OR u.session_id <> h.session_id OR EXISTS (
        SELECT 1 FROM turns t WHERE t.before_session = u.session_id AND t.delivered_at > u.created_at)
        OR EXISTS (SELECT 1 FROM past_sessions p WHERE p.thread_id = u.thread_id AND p.ended_at > u.created_at) AS late,
    u.kept_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM kept_states s WHERE s.id = u.kept_id) AS gone, u.person_id
FROM undos u JOIN threads h ON h.id = u.thread_id WHERE u.thread_id = $1 AND u.state = 'undone' ORDER BY u.id DESC LIMIT 1
FOR UPDATE OF u;

-- name: undo_thread_of
SELECT thread_id FROM undos WHERE id = $1;

-- name: undone_turns
SELECT person_id FROM turns WHERE thread_id = $1 AND undone = $2;

-- name: share_thread
-- What is undone of it stands from here to the end of the transaction.
SELECT undone_run FROM threads WHERE id = $1 FOR SHARE;

-- name: end_undo
UPDATE undos SET state = 'back', ended_at = now() WHERE thread_id = $1 AND id = $2 AND state = 'undone';

-- name: redo_turns
UPDATE turns SET undone = NULL WHERE thread_id = $1 AND undone = $2;

-- name: redo_states
UPDATE kept_states SET undone = NULL WHERE thread_id = $1 AND undone = $2;

-- name: is_undone
-- What a run did last was undone.
SELECT undone_run >= $2 FROM threads WHERE id = $1;

-- name: turn_undone
SELECT undone IS NOT NULL FROM turns WHERE id = $1;

-- name: purge_undos
-- Those that were put back; the others say what of a session is undone.
DELETE FROM undos WHERE id = ANY (ARRAY (
    SELECT id FROM undos WHERE state = 'back' AND ended_at < now() - interval '14 days' ORDER BY ended_at LIMIT $1
));
