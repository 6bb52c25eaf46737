-- name: add_job
INSERT INTO jobs (bot_id, kind, dedupe_key, thread_id, chat_id, topic_id, message_id, progress)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::jsonb) ON CONFLICT (dedupe_key) DO NOTHING;

-- name: hold_exports
-- One at a time asks, so that their number is bounded.
SELECT pg_advisory_xact_lock(hashtext('openclaw-exports')::bigint);

-- name: export_under_way
-- Of a conversation: being written, or not all of it in the chat yet.
SELECT 1 WHERE EXISTS (SELECT 1 FROM jobs WHERE thread_id = $1 AND state = 'due' AND kind = 'export') OR EXISTS (
    SELECT 1 FROM files f JOIN outbox o ON o.file_id = f.id
    WHERE f.thread_id = $1 AND o.state IN ('pending', 'sending', 'held') AND o.dedupe_key LIKE 'export:%'
);

-- name: person_export_under_way
-- In whichever conversation it was asked for.
SELECT 1 WHERE EXISTS (
    SELECT 1 FROM jobs WHERE bot_id = $1 AND state = 'due' AND kind = 'export' AND progress ->> 'person' = $2::bigint::text
);

-- name: count_own_exports
-- Of a conversation, asked for within an hour.
SELECT count(*) FROM jobs WHERE thread_id = $1 AND kind = 'export' AND created_at > now() - interval '1 hour';

-- name: count_exports
SELECT count(*) FROM jobs WHERE bot_id = $1 AND state = 'due' AND kind = 'export';

-- name: hold_looks
-- One at a time asks, so that their number is bounded.
SELECT pg_advisory_xact_lock(hashtext('openclaw-looks')::bigint);

-- name: count_looks
SELECT (SELECT count(*) FROM jobs WHERE thread_id = $2 AND state = 'due' AND kind IN ('diff', 'branches')) AS under_way,
    (SELECT count(*) FROM jobs WHERE thread_id = $2 AND kind IN ('diff', 'branches') AND created_at > now() - interval '1 hour') AS of_hour,
    (SELECT count(*) FROM jobs WHERE bot_id = $1 AND state = 'due' AND kind IN ('diff', 'branches')) AS waiting;

-- name: due_job_threads
-- Conversations with something to do, the oldest first.
SELECT thread_id FROM (SELECT thread_id, id FROM jobs WHERE bot_id = $1 AND state = 'due' ORDER BY id LIMIT $2) due
GROUP BY thread_id ORDER BY min(id);

-- name: due_job
SELECT * FROM jobs WHERE thread_id = $1 AND state = 'due' ORDER BY id LIMIT 1;

-- name: hold_job
SELECT * FROM jobs WHERE id = $1 AND state = 'due' FOR UPDATE;

-- name: job_progress
UPDATE jobs SET progress = $2::jsonb, attempts = 0 WHERE id = $1 AND state = 'due';

-- name: job_failed
UPDATE jobs SET attempts = attempts + 1 WHERE id = $1 AND state = 'due' RETURNING attempts;

-- name: end_job
-- Without a title that it gave: that may be of what was said.
UPDATE jobs SET state = $2, ended_at = now(), progress = progress - 'title' WHERE id = $1 AND state = 'due';

-- name: history_end
SELECT COALESCE(max(id), 0) FROM messages WHERE thread_id = $1;

-- name: history_page
-- What was said behind message $2 and up to $3: the next messages, until they have $5 bytes.
SELECT m.id, m.created_at AS at, m.role AS who, t.person_id, m.text, t.undone IS NOT NULL AS undone FROM (
    SELECT id, sum(octet_length(text)) OVER (ORDER BY id) - octet_length(text) AS before FROM (
        SELECT id, text FROM messages WHERE thread_id = $1 AND id > $2 AND id <= $3 ORDER BY id LIMIT $4
    ) next
) page JOIN messages m ON m.id = page.id LEFT JOIN turns t ON t.id = m.turn_id WHERE page.before < $5 ORDER BY m.id;

-- name: history_results
-- What sub-agents answered behind one of them, which ended at $2, and up to a moment: the next, until they have $6 bytes.
SELECT s.thread_id, s.finished_at AS at, n.name AS who, COALESCE(s.result, s.message, s.reason, '') AS text, s.task,
    q.undone IS NOT NULL AS undone FROM (
    SELECT thread_id, sum(bytes) OVER (ORDER BY finished_at, thread_id) - bytes AS before FROM (
        SELECT thread_id, finished_at, octet_length(COALESCE(result, message, '')) + octet_length(task) AS bytes FROM subagents
        WHERE thread_id = ANY ($1::bigint[]) AND state = 'finished' AND task <> ''
          AND (finished_at, thread_id) > ($2, $3::bigint) AND finished_at <= $4
        ORDER BY finished_at, thread_id LIMIT $5
    ) next
) page JOIN subagents s ON s.thread_id = page.thread_id JOIN threads n ON n.id = s.thread_id
LEFT JOIN turns q ON q.id = s.turn_id WHERE page.before < $6
ORDER BY s.finished_at, s.thread_id;

-- name: forget_limits
-- Up to where everything is older than this transaction: nobody adds to the conversation while it is held.
SELECT (SELECT COALESCE(max(id), 0) FROM turns) AS turn, (SELECT COALESCE(max(id), 0) FROM messages) AS message,
    (SELECT COALESCE(max(id), 0) FROM outbox) AS outbox,
    (SELECT COALESCE(max(id), 0) FROM files) AS file;

-- name: forget_session
-- The session that was, and whatever the runs till now may still send, is not kept.
UPDATE threads SET session_id = gen_random_uuid(), forgotten_run = run_counter WHERE id = $1;

-- name: forget_unread
-- Words and edits that no agent has read.
DELETE FROM steers WHERE thread_id = $1 AND state = 'wanted';

-- name: forgotten_turn
-- Turns up to this one are being deleted.
SELECT COALESCE(max((progress -> 'limits' ->> 'turn')::bigint), 0) FROM jobs
WHERE thread_id = $1 AND state = 'due' AND kind = 'forget';

-- name: forget_turns_page
SELECT id FROM turns WHERE thread_id = $1 AND id <= $2 ORDER BY id DESC LIMIT $3;

-- name: forget_turns_messages
DELETE FROM messages WHERE turn_id = ANY ($1::bigint[]);

-- name: forget_turns_views
DELETE FROM turn_views WHERE turn_id = ANY ($1::bigint[]);

-- name: forget_turns_tools
DELETE FROM turn_tools WHERE turn_id = ANY ($1::bigint[]);

-- name: forget_turns_steers
DELETE FROM steers WHERE turn_id = ANY ($1::bigint[]);

-- name: forget_turns_outbox
DELETE FROM outbox WHERE turn_id = ANY ($1::bigint[]);

-- name: forget_turns_parts
DELETE FROM turn_parts WHERE turn_id = ANY ($1::bigint[]);

-- name: forget_turns_words
-- The rows stay, as the counts of tokens speak of them; without a person, and failed no more, none of them can be asked
-- again.
UPDATE turns SET text = '', preface = '', files = '[]', message_id = NULL, person_id = NULL,
    state = CASE WHEN state = 'failed' THEN 'cancelled' ELSE state END
WHERE id = ANY ($1::bigint[]);

-- name: forget_entries_slice
-- Of the sessions that were set aside before the conversation was forgotten.
DELETE FROM session_entries WHERE (session_id, ordinal) IN (
    SELECT e.session_id, e.ordinal FROM past_sessions s CROSS JOIN LATERAL (
        SELECT session_id, ordinal FROM session_entries WHERE session_id = s.session_id LIMIT $3
    ) e WHERE s.thread_id = $1 AND s.ended_at <= $2 LIMIT $3
);

-- name: forget_pictures_slice
-- Of the same sessions.
DELETE FROM pictures WHERE (session_id, hash) IN (
    SELECT p.session_id, p.hash FROM past_sessions s CROSS JOIN LATERAL (
        SELECT session_id, hash FROM pictures WHERE session_id = s.session_id LIMIT $3
    ) p WHERE s.thread_id = $1 AND s.ended_at <= $2 LIMIT $3
);

-- name: forget_messages_slice
-- What no turn of the conversation leads to.
DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE thread_id = $1 AND id <= $2 ORDER BY id LIMIT $3);

-- name: forget_past_slice
DELETE FROM past_sessions WHERE thread_id = $1 AND ended_at <= $2;

-- name: forget_workspaces_slice
-- The conversation's own first, so that no later run begins with them.
DELETE FROM workspaces WHERE id IN (
    SELECT w.id FROM workspaces w JOIN threads t ON t.id = w.thread_id
    WHERE w.thread_id = $1 AND w.run <= t.forgotten_run ORDER BY w.call_id IS NOT NULL, w.id LIMIT $2
);

-- name: forget_files_slice
-- With what would send them.
WITH gone AS (SELECT id FROM files WHERE thread_id = $1 AND id <= $2 ORDER BY id LIMIT $3),
said AS (DELETE FROM outbox WHERE file_id = ANY (ARRAY (SELECT id FROM gone)))
DELETE FROM files WHERE id = ANY (ARRAY (SELECT id FROM gone));

-- name: forget_outbox_slice
DELETE FROM outbox WHERE id IN (
    SELECT id FROM outbox WHERE bot_id = $1 AND chat_id = $2
      AND (topic_id = $3 OR ($3::bigint IS NULL AND topic_id IS NULL)) AND id <= $4 LIMIT $5
);

-- name: below_page
-- Sub-agents that ever worked for a conversation, however deep, the next $3 behind $2.
WITH RECURSIVE below AS (
    SELECT thread_id FROM subagents WHERE parent_id = $1
    UNION SELECT s.thread_id FROM subagents s JOIN below b ON s.parent_id = b.thread_id
)
SELECT thread_id FROM below WHERE thread_id > $2 ORDER BY thread_id LIMIT $3;
