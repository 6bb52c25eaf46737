-- name: receive_hook
-- By any replica. What is known under its id, or by what it brought where its id could be forged, is stored no second time,
-- nor what is more than $8 prompts or $10 ends of checks within an hour, or $9 prompts that wait.
WITH known AS (
    SELECT 1 FROM hook_deliveries WHERE bot_id = $1 AND hook = $2 AND delivery = $3
    UNION ALL SELECT 1 FROM hook_deliveries WHERE bot_id = $1 AND hook = $2 AND body = $4
    LIMIT 1
), reached AS (
    SELECT CASE
        WHEN $6::text IS NULL AND (SELECT count(*) FROM (
            SELECT 1 FROM hook_deliveries WHERE bot_id = $1 AND hook = $2 AND outcome = 'checked'
              AND received_at > now() - interval '1 hour' LIMIT $10::int
        ) looks) >= $10::int THEN 'hook-checks'
        WHEN $6::text IS NOT NULL AND (SELECT count(*) FROM (
            SELECT 1 FROM hook_deliveries WHERE bot_id = $1 AND hook = $2 AND outcome <> 'checked'
              AND received_at > now() - interval '1 hour' LIMIT $8::int
        ) asked) >= $8::int THEN 'hook-turns'
        WHEN $6::text IS NOT NULL AND (SELECT count(*) FROM (
            SELECT 1 FROM hook_deliveries WHERE bot_id = $1 AND hook = $2 AND prompt IS NOT NULL LIMIT $9::int
        ) waiting) >= $9::int THEN 'hook-waiting'
        ELSE '' END AS name
), stored AS (
    INSERT INTO hook_deliveries (bot_id, hook, delivery, body, event, prompt, checked, outcome, due_at)
    SELECT $1, $2, $3, $4, $5, $6, $7::jsonb, CASE WHEN $6::text IS NULL THEN 'checked' ELSE '' END,
        now() + make_interval(secs => CASE WHEN $6::text IS NULL THEN 2.0 ELSE 0.0 END)
    FROM reached WHERE name = '' AND NOT EXISTS (SELECT 1 FROM known)
    ON CONFLICT DO NOTHING RETURNING 1
)
SELECT CASE WHEN EXISTS (SELECT 1 FROM known) THEN 'known' WHEN EXISTS (SELECT 1 FROM stored) THEN 'taken'
    WHEN name <> '' THEN name ELSE 'known' END
FROM reached;

-- name: path_of_commit
-- The repository as it is known here, where somebody here pushed a commit, or follows a pull request of its branch.
SELECT path FROM (
    (SELECT path FROM pushed_refs WHERE connection = $1 AND lower(path) = lower($2) AND oid = $3 LIMIT 1)
    UNION ALL
    (SELECT path FROM pull_requests WHERE bot_id = $4 AND connection = $1 AND lower(path) = lower($2) AND number IS NOT NULL
       AND state = 'open' AND (sha = $3 OR head = ANY ($5::text[])) LIMIT 1)
) known LIMIT 1;

-- name: due_hook_prompts
SELECT * FROM hook_deliveries WHERE bot_id = $1 AND prompt IS NOT NULL AND due_at <= now() ORDER BY due_at, id LIMIT $2;

-- name: due_hook_checks
-- One for each commit: others of it are looked at with it.
SELECT DISTINCT ON (hook, checked) * FROM (
    SELECT * FROM hook_deliveries WHERE bot_id = $1 AND checked IS NOT NULL AND due_at <= now() ORDER BY due_at, id LIMIT $2
) due ORDER BY hook, checked, id DESC;

-- name: hold_hook_prompt
-- Held until the transaction ends, so that it is asked once.
SELECT * FROM hook_deliveries WHERE id = $1 AND prompt IS NOT NULL FOR UPDATE SKIP LOCKED;

-- name: end_hook_prompt
UPDATE hook_deliveries SET prompt = NULL, outcome = $2 WHERE id = $1;

-- name: end_hook_checks
-- With those of the same commit that came before it.
UPDATE hook_deliveries SET checked = NULL
WHERE bot_id = $1 AND hook = $2 AND id <= $3 AND checked = $4::jsonb;

-- name: delay_hook
UPDATE hook_deliveries SET due_at = now() + make_interval(secs => $2::float), attempts = attempts + $3::int WHERE id = $1;

-- name: delay_hook_checks
-- With all of the same commit: they are looked at together.
UPDATE hook_deliveries SET due_at = now() + make_interval(secs => $4::float), attempts = attempts + 1
WHERE bot_id = $1 AND hook = $2 AND checked = $3::jsonb;

-- name: pushers
-- The conversations whose agents, or whose agents' sub-agents, pushed a commit last to a branch; with the branch.
WITH RECURSIVE above AS (
    SELECT p.thread_id, p.thread_id AS pushed_by, p.ref, 0 AS height FROM (
        SELECT thread_id, ref FROM pushed_refs WHERE connection = $2 AND lower(path) = lower($3) AND oid = $4
        ORDER BY pushed_at DESC LIMIT 20
    ) p
    UNION ALL
    SELECT s.parent_id, a.pushed_by, a.ref, a.height + 1 FROM above a JOIN subagents s ON s.thread_id = a.thread_id
    WHERE s.parent_id IS NOT NULL AND a.height < 20
)
SELECT DISTINCT ON (t.id) t.id, a.ref FROM above a JOIN threads t ON t.id = a.thread_id
WHERE t.bot_id = $1 AND t.kind = 'conversation' ORDER BY t.id, a.ref;

-- name: pulls_of_commit
-- Open pull requests with a commit as it is known, or of its branches.
WITH found AS MATERIALIZED (
    SELECT * FROM pull_requests WHERE bot_id = $1 AND connection = $2 AND lower(path) = lower($3) AND number IS NOT NULL
      AND state = 'open' AND (sha = $4 OR head = ANY ($5::text[]))
)
SELECT * FROM found ORDER BY id LIMIT 20;

-- name: hurry_pull
UPDATE pull_requests SET next_at = now() WHERE id = $1 AND state = 'open';

-- name: add_check_result
INSERT INTO check_results (thread_id, connection, path, sha, verdict) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING RETURNING 1;

-- name: set_check_turn
UPDATE check_results SET turn_id = $6 WHERE thread_id = $1 AND connection = $2 AND path = $3 AND sha = $4 AND verdict = $5;

-- name: count_check_turns
-- Since somebody wrote.
SELECT count(*) FROM check_results WHERE thread_id = $1 AND turn_id > COALESCE((
    SELECT id FROM turns WHERE thread_id = $1 AND person_id IS NOT NULL AND again_of IS NULL AND NOT scheduled ORDER BY id DESC LIMIT 1
), 0);

-- name: forget_check_results
DELETE FROM check_results WHERE thread_id = $1;

-- name: purge_hook_deliveries
-- For a month nothing is taken twice; what still waits then is given up.
DELETE FROM hook_deliveries WHERE id = ANY (ARRAY (
    SELECT id FROM hook_deliveries WHERE received_at < now() - interval '30 days' ORDER BY received_at LIMIT $1
));

-- name: purge_check_results
DELETE FROM check_results WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM check_results WHERE told_at < now() - interval '30 days' ORDER BY told_at LIMIT $1
));
