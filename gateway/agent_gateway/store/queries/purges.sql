-- name: limit_statement
-- Of this transaction, in milliseconds.
SELECT set_config('statement_timeout', $1::text, true);

-- name: purge_inbox
DELETE FROM inbox WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM inbox WHERE state <> 'new' AND received_at < now() - interval '2 days' ORDER BY received_at LIMIT $1
));

-- name: purge_outbox
-- What was said; the history has it, and no update is so old that it could ask for it again.
DELETE FROM outbox WHERE id = ANY (ARRAY (
    SELECT id FROM outbox WHERE state IN ('sent', 'dead') AND created_at < now() - interval '14 days'
    ORDER BY created_at LIMIT $1
));

-- name: purge_files
-- Those whose sender broke off, and those that nothing speaks of any more.
DELETE FROM files WHERE id = ANY (ARRAY (
    SELECT f.id FROM files f WHERE f.created_at < now() - interval '1 hour'
      AND (f.bytes IS NULL OR (SELECT 1 FROM outbox o WHERE o.file_id = f.id LIMIT 1) IS NULL)
    ORDER BY f.created_at LIMIT $1
));

-- name: purge_loose_workspaces
-- Those whose sender broke off, and copies for sub-agents that were refused or never asked for.
DELETE FROM workspaces WHERE id = ANY (ARRAY (
    SELECT w.id FROM workspaces w WHERE w.created_at < now() - interval '1 hour' AND (w.bytes IS NULL OR w.call_id IS NOT NULL)
      AND (w.bytes IS NULL OR (
          SELECT 1 FROM subagents s WHERE s.parent_id = w.thread_id AND s.parent_run = w.run AND s.call_id = w.call_id
      ) IS NULL)
    ORDER BY w.created_at LIMIT $1
));

-- name: purge_old_workspaces
-- Of a conversation the newest stays for ever, the one before it for two weeks; of a sub-agent that ended none does.
DELETE FROM workspaces WHERE id = ANY (ARRAY (
    SELECT w.id FROM workspaces w WHERE w.created_at < now() - interval '14 days' AND w.call_id IS NULL AND (
        (SELECT 1 FROM workspaces n WHERE n.thread_id = w.thread_id AND n.call_id IS NULL AND n.bytes IS NOT NULL
           AND n.id > w.id AND n.created_at < now() - interval '1 hour' LIMIT 1) = 1
        OR (SELECT 1 FROM subagents s WHERE s.thread_id = w.thread_id AND s.state = 'finished'
              AND s.finished_at < now() - interval '14 days') = 1
    ) ORDER BY w.created_at LIMIT $1
));

-- name: purge_reactions
-- Of turns that ended two weeks ago. Turns have growing ids, so that the first of that time bounds the search.
WITH recent AS (
    SELECT COALESCE((
        SELECT id FROM turns WHERE created_at > now() - interval '14 days' ORDER BY created_at LIMIT 1
    ), 9223372036854775807) AS id
)
DELETE FROM reactions WHERE turn_id = ANY (ARRAY (
    SELECT x.turn_id FROM reactions x JOIN turns t ON t.id = x.turn_id
    WHERE x.turn_id < (SELECT id FROM recent) AND t.ended_at < now() - interval '14 days'
    ORDER BY x.turn_id LIMIT $1
));

-- name: purge_tools
-- The same of what tools they used: their answers have told it.
WITH recent AS (
    SELECT COALESCE((
        SELECT id FROM turns WHERE created_at > now() - interval '14 days' ORDER BY created_at LIMIT 1
    ), 9223372036854775807) AS id
)
DELETE FROM turn_tools WHERE turn_id = ANY (ARRAY (
    SELECT x.turn_id FROM turn_tools x JOIN turns t ON t.id = x.turn_id
    WHERE x.turn_id < (SELECT id FROM recent) AND t.ended_at < now() - interval '14 days'
    ORDER BY x.turn_id LIMIT $1
));

-- name: purge_steers
-- The same of words that were read, moved or dropped; an edit that the agent was not told yet stays.
WITH recent AS (
    SELECT COALESCE((
        SELECT id FROM turns WHERE created_at > now() - interval '14 days' ORDER BY created_at LIMIT 1
    ), 9223372036854775807) AS id
)
DELETE FROM steers WHERE id = ANY (ARRAY (
    SELECT x.id FROM steers x JOIN turns t ON t.id = x.turn_id
    WHERE x.turn_id < (SELECT id FROM recent) AND t.ended_at < now() - interval '14 days' AND x.state <> 'wanted'
    ORDER BY x.turn_id LIMIT $1
));

-- name: purge_views
-- The same of views that nobody closed.
WITH recent AS (
    SELECT COALESCE((
        SELECT id FROM turns WHERE created_at > now() - interval '14 days' ORDER BY created_at LIMIT 1
    ), 9223372036854775807) AS id
)
DELETE FROM turn_views WHERE turn_id = ANY (ARRAY (
    SELECT x.turn_id FROM turn_views x JOIN turns t ON t.id = x.turn_id
    WHERE x.turn_id < (SELECT id FROM recent) AND t.ended_at < now() - interval '14 days'
    ORDER BY x.turn_id LIMIT $1
));

-- name: purge_entries
-- The session entries of sub-agents that ended a month ago: nobody goes on with these sessions.
WITH ended AS (
    SELECT thread_id FROM subagents
    WHERE state = 'finished' AND entries_purged_at IS NULL AND finished_at < now() - interval '30 days'
    ORDER BY finished_at LIMIT $1
), gone AS (
    DELETE FROM session_entries WHERE session_id = ANY (ARRAY (
        SELECT session_id FROM threads WHERE id = ANY (ARRAY (SELECT thread_id FROM ended))
    ))
)
UPDATE subagents SET entries_purged_at = now() WHERE thread_id = ANY (ARRAY (SELECT thread_id FROM ended));

-- name: purge_confirms
DELETE FROM confirms WHERE id = ANY (ARRAY (
    SELECT id FROM confirms WHERE created_at < now() - interval '14 days' ORDER BY created_at LIMIT $1
));

-- name: purge_jobs
DELETE FROM jobs WHERE id = ANY (ARRAY (
    SELECT id FROM jobs WHERE state <> 'due' AND ended_at < now() - interval '14 days' ORDER BY ended_at LIMIT $1
));

-- name: purge_pairings
-- For a day an old code is told from a wrong one.
DELETE FROM pairings WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM pairings WHERE created_at < now() - interval '1 day' ORDER BY created_at LIMIT $1
));
