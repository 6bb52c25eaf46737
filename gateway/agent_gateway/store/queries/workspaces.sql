-- name: begin_workspace
INSERT INTO workspaces (thread_id, run, call_id, root_id, held) VALUES ($1, $2, $3, $4, $5) RETURNING id;

-- name: add_workspace_chunk
INSERT INTO workspace_chunks (workspace_id, ordinal, data) VALUES ($1, $2, $3);

-- name: finish_workspace
UPDATE workspaces SET bytes = $2, held = $2 WHERE id = $1;

-- name: drop_forgotten
-- What came from a run of before /forget.
DELETE FROM workspaces w USING threads t WHERE w.id = $1 AND t.id = w.thread_id AND w.run <= t.forgotten_run;

-- name: prune_workspaces
-- The newest two whole ones of a thread stay, and those kept aside; a later one takes the place of those of the same call.
DELETE FROM workspaces w WHERE w.thread_id = $1 AND w.call_id IS NOT DISTINCT FROM $2 AND w.id < $3 AND w.failed < 2
  AND NOT EXISTS (SELECT 1 FROM threads t WHERE t.id = w.thread_id AND w.run <= t.clean_run AND w.call_id IS NULL)
  AND w.id NOT IN (
    SELECT id FROM workspaces
    WHERE thread_id = $1 AND call_id IS NOT DISTINCT FROM $2 AND bytes IS NOT NULL AND id <= $3
    ORDER BY id DESC LIMIT (CASE WHEN $2 IS NULL THEN 2 ELSE 1 END)
);

-- name: newest_workspace
-- But for those kept aside: two runs could not unpack them, or somebody asked to begin without.
SELECT w.id, w.run, w.bytes, w.created_at FROM workspaces w JOIN threads t ON t.id = w.thread_id
WHERE w.thread_id = $1 AND w.call_id IS NULL AND w.bytes IS NOT NULL AND w.failed < 2 AND w.run > t.clean_run
ORDER BY w.id DESC LIMIT 1;

-- name: workspace_failed
-- A run could not unpack the files that it was to begin with; told again it counts once, though what it tried is kept aside by now.
UPDATE workspaces SET failed = failed + 1, failed_run = $2
WHERE NOT EXISTS (SELECT 1 FROM workspaces f WHERE f.thread_id = $1 AND f.failed_run = $2)
  AND NOT EXISTS (SELECT 1 FROM kept_states k WHERE k.thread_id = $1 AND k.failed_run = $2) AND id = (
    SELECT w.id FROM workspaces w JOIN threads t ON t.id = w.thread_id
    WHERE w.thread_id = $1 AND w.call_id IS NULL AND w.bytes IS NOT NULL AND w.failed < 2 AND w.run > t.clean_run AND w.run < $2
    ORDER BY w.id DESC LIMIT 1
) RETURNING failed;

-- name: begin_clean
UPDATE threads SET clean_run = run_counter WHERE id = $1;

-- name: copy_for_call
SELECT id, run, bytes, created_at FROM workspaces
WHERE thread_id = $1 AND run = $2 AND call_id = $3 AND bytes IS NOT NULL ORDER BY id DESC LIMIT 1;

-- name: drop_copies
DELETE FROM workspaces WHERE thread_id = $1 AND run = $2 AND call_id = $3;

-- name: workspace_slice
SELECT substring(data FROM $3::integer FOR $4::integer) AS data, length(data) AS bytes FROM workspace_chunks WHERE workspace_id = $1 AND ordinal = $2;

-- name: drop_partial_workspace
-- One whose stream broke; never one that was committed, however unknown that was to who asks.
DELETE FROM workspaces WHERE id = $1 AND bytes IS NULL;
