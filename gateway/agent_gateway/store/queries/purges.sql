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

-- name: purge_refusals
-- What people were told whom the bot does not know: they are told again after a day.
DELETE FROM outbox WHERE id = ANY (ARRAY (
    SELECT id FROM outbox WHERE urgency = 2 AND created_at < now() - interval '2 days' ORDER BY created_at LIMIT $1
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
-- Of a conversation the newest stays for ever, the one before it and those kept aside for two weeks; of a sub-agent that
-- ended none does.
DELETE FROM workspaces WHERE id = ANY (ARRAY (
    SELECT w.id FROM workspaces w WHERE w.created_at < now() - interval '14 days' AND w.call_id IS NULL AND (
        w.failed > 1 OR (SELECT 1 FROM threads t WHERE t.id = w.thread_id AND w.run <= t.clean_run) = 1
        OR (SELECT 1 FROM workspaces n WHERE n.thread_id = w.thread_id AND n.call_id IS NULL AND n.bytes IS NOT NULL
           AND n.failed < 2 AND n.id > w.id AND n.created_at < now() - interval '1 hour' LIMIT 1) = 1
        OR (SELECT 1 FROM subagents s WHERE s.thread_id = w.thread_id AND s.state = 'finished'
              AND s.finished_at < now() - interval '14 days') = 1
    ) ORDER BY w.created_at LIMIT $1
));

-- name: purge_decisions
-- What was decided two weeks ago; the history has the answers.
DELETE FROM decisions WHERE id = ANY (ARRAY (
    SELECT id FROM decisions WHERE state <> 'asked' AND ended_at < now() - interval '14 days' ORDER BY ended_at LIMIT $1
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
-- The same of words that were read, moved or dropped; an edit that the agent was not told yet stays, and so do words of others than
-- whoever asked: without them nobody knew whose they are.
WITH recent AS (
    SELECT COALESCE((
        SELECT id FROM turns WHERE created_at > now() - interval '14 days' ORDER BY created_at LIMIT 1
    ), 9223372036854775807) AS id
)
DELETE FROM steers WHERE id = ANY (ARRAY (
    SELECT x.id FROM steers x JOIN turns t ON t.id = x.turn_id
    WHERE x.turn_id < (SELECT id FROM recent) AND t.ended_at < now() - interval '14 days' AND x.state <> 'wanted'
      AND (x.kind = 'steer' AND x.person_id <> t.person_id) IS NOT TRUE
    ORDER BY x.turn_id LIMIT $1
));

-- name: purge_parts
-- The same of what each message asked: the history has it, and nobody edits a message as old as that.
WITH recent AS (
    SELECT COALESCE((
        SELECT id FROM turns WHERE created_at > now() - interval '14 days' ORDER BY created_at LIMIT 1
    ), 9223372036854775807) AS id
)
DELETE FROM turn_parts WHERE turn_id = ANY (ARRAY (
    SELECT x.turn_id FROM turn_parts x JOIN turns t ON t.id = x.turn_id
    WHERE x.turn_id < (SELECT id FROM recent) AND t.ended_at < now() - interval '14 days'
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

-- name: purge_claims
-- Of pods that are long gone: none lives for two months.
DELETE FROM claims WHERE pod_uid = ANY (ARRAY (
    SELECT pod_uid FROM claims WHERE claimed_at < now() - interval '60 days' ORDER BY claimed_at LIMIT $1
));

-- name: purge_entries
-- The session entries and pictures of sub-agents that ended a month ago: nobody goes on with these sessions.
WITH ended AS (
    SELECT thread_id FROM subagents
    WHERE state = 'finished' AND entries_purged_at IS NULL AND finished_at < now() - interval '30 days'
    ORDER BY finished_at LIMIT $1
), sessions AS (
    SELECT session_id FROM threads WHERE id = ANY (ARRAY (SELECT thread_id FROM ended))
), gone AS (
    DELETE FROM session_entries WHERE session_id = ANY (ARRAY (SELECT session_id FROM sessions))
), seen AS (
    DELETE FROM pictures WHERE session_id = ANY (ARRAY (SELECT session_id FROM sessions))
)
UPDATE subagents SET entries_purged_at = now() WHERE thread_id = ANY (ARRAY (SELECT thread_id FROM ended));

-- name: purge_quotas
-- What was counted for those that have added nothing for a day: they are counted anew, so that no mistake of it lasts, and
-- what was purged of their sub-agents is given back.
DELETE FROM quotas WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM quotas WHERE updated_at < now() - interval '1 day' ORDER BY updated_at LIMIT $1
));

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

-- name: purge_requests
-- Those that were decided, or that nobody decided; who is kept out for good stays so.
DELETE FROM access_requests WHERE id = ANY (ARRAY (
    SELECT id FROM access_requests WHERE state <> 'never' AND created_at < now() - interval '30 days'
    ORDER BY created_at LIMIT $1
));

-- name: purge_invitations
DELETE FROM invitations WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM invitations WHERE created_at < now() - interval '1 day' ORDER BY created_at LIMIT $1
));

-- name: purge_topics
-- One that nobody wrote in for a month keeps the name that it has.
DELETE FROM topics WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM topics WHERE created_at < now() - interval '30 days' ORDER BY created_at LIMIT $1
));

-- name: purge_overheard
DELETE FROM overheard WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM overheard WHERE said_at < now() - interval '1 day' ORDER BY said_at LIMIT $1
));

-- name: purge_usage
-- Single calls; the accounts have their sums.
DELETE FROM usage WHERE id = ANY (ARRAY (
    SELECT id FROM usage WHERE created_at < now() - interval '90 days' ORDER BY created_at LIMIT $1
));
