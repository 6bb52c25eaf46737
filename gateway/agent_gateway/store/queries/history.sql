-- name: below
-- A conversation and every sub-agent that ever worked for it, however deep.
WITH RECURSIVE below AS (
    SELECT $1::bigint AS thread_id
    UNION SELECT s.thread_id FROM subagents s JOIN below b ON s.parent_id = b.thread_id
)
SELECT thread_id FROM below;

-- name: forget_sessions
DELETE FROM session_entries WHERE session_id IN (
    SELECT session_id FROM threads WHERE id = ANY ($1::bigint[])
    UNION SELECT session_id FROM past_sessions WHERE thread_id = ANY ($1::bigint[])
);

-- name: forget_pictures
DELETE FROM pictures WHERE session_id = ANY (ARRAY (
    SELECT session_id FROM threads WHERE id = ANY ($1::bigint[])
    UNION SELECT session_id FROM past_sessions WHERE thread_id = ANY ($1::bigint[])
));

-- name: forget_past_sessions
DELETE FROM past_sessions WHERE thread_id = ANY ($1::bigint[]);

-- name: forget_threads
-- Fresh sessions, and nothing that the runs till now may still send is kept. A sub-agent's title is its task.
UPDATE threads SET session_id = gen_random_uuid(), forgotten_run = run_counter,
    title = CASE WHEN kind = 'subagent' THEN '' ELSE title END
WHERE id = ANY ($1::bigint[]);

-- name: forget_messages
DELETE FROM messages WHERE thread_id = ANY ($1::bigint[]);

-- name: forget_turns
-- The rows stay, as the counts of tokens speak of them; without a person, and failed no more, none of them can be asked
-- again.
UPDATE turns SET text = '', preface = '', files = '[]', message_id = NULL, person_id = NULL,
    state = CASE WHEN state = 'failed' THEN 'cancelled' ELSE state END
WHERE thread_id = ANY ($1::bigint[]);

-- name: forget_parts
DELETE FROM turn_parts WHERE turn_id = ANY (ARRAY (SELECT id FROM turns WHERE thread_id = ANY ($1::bigint[])));

-- name: forget_views
DELETE FROM turn_views WHERE turn_id = ANY (ARRAY (SELECT id FROM turns WHERE thread_id = ANY ($1::bigint[])));

-- name: forget_tools
DELETE FROM turn_tools WHERE turn_id = ANY (ARRAY (SELECT id FROM turns WHERE thread_id = ANY ($1::bigint[])));

-- name: forget_steers
DELETE FROM steers WHERE turn_id = ANY (ARRAY (SELECT id FROM turns WHERE thread_id = ANY ($1::bigint[])));

-- name: forget_decisions
DELETE FROM decisions WHERE turn_id = ANY (ARRAY (SELECT id FROM turns WHERE thread_id = ANY ($1::bigint[])));

-- name: forget_approvals
DELETE FROM approvals WHERE thread_id = ANY ($1::bigint[]);

-- name: forget_turns_decisions
DELETE FROM decisions WHERE turn_id = ANY ($1::bigint[]);

-- name: forget_workspaces
DELETE FROM workspaces WHERE thread_id = ANY ($1::bigint[]);

-- name: forget_outbox_of
-- In two parts, each by an index of its own.
DELETE FROM outbox WHERE id IN (
    SELECT o.id FROM turns t JOIN outbox o ON o.turn_id = t.id WHERE t.thread_id = ANY ($1::bigint[])
    UNION ALL SELECT o.id FROM files f JOIN outbox o ON o.file_id = f.id WHERE f.thread_id = ANY ($1::bigint[])
);

-- name: forget_files
DELETE FROM files WHERE thread_id = ANY ($1::bigint[]);

-- name: forget_subagents
UPDATE subagents SET task = '', result = NULL, message = NULL, delivered_at = COALESCE(delivered_at, now())
WHERE thread_id = ANY ($1::bigint[]);

-- name: forget_inbox
-- Updates that are done with. One that overtook has a lane of its own, so that its text is looked at: nothing reads
-- the text of an update that is done, so that one too many does no harm.
-- The chats that moved here are forgotten whole. The operators with ~ go by the index under every collation; 0 comes
-- behind the slash.
WITH chats AS (
    SELECT $3::text AS chat, false AS whole
    UNION ALL SELECT chat_id::text, true FROM chat_aliases WHERE bot_id = $1 AND moved_to::text = $3
), found AS (
    SELECT update_id FROM inbox WHERE bot_id = $1 AND state <> 'new' AND lane = $2
    UNION ALL SELECT i.update_id FROM chats c JOIN inbox i ON i.bot_id = $1 AND i.state <> 'new' AND i.lane = c.chat
    WHERE c.whole
    UNION ALL SELECT i.update_id FROM chats c JOIN inbox i ON i.bot_id = $1 AND i.state <> 'new'
        AND i.lane ~>=~ (c.chat || '/') AND i.lane ~<~ (c.chat || '0')
    WHERE c.whole
    UNION ALL SELECT i.update_id FROM inbox i
    WHERE i.bot_id = $1 AND i.state <> 'new' AND i.lane ~>=~ '!' AND i.lane ~<~ '"'
      AND EXISTS (SELECT 1 FROM chats c WHERE position(c.chat in i.payload) > 0)
)
UPDATE inbox SET payload = '{}' WHERE bot_id = $1 AND state <> 'new' AND update_id IN (SELECT update_id FROM found);
