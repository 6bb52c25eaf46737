-- name: begin_workspace
INSERT INTO workspaces (thread_id, run, call_id) VALUES ($1, $2, $3) RETURNING id;

-- name: add_workspace_chunk
INSERT INTO workspace_chunks (workspace_id, ordinal, data) VALUES ($1, $2, $3);

-- name: finish_workspace
UPDATE workspaces SET bytes = $2 WHERE id = $1;

-- name: drop_forgotten
-- What came from a run of before /forget.
DELETE FROM workspaces w USING threads t WHERE w.id = $1 AND t.id = w.thread_id AND w.run <= t.forgotten_run;


-- name: prune_workspaces
-- The newest two whole ones of a thread stay; a later one takes the place of those of the same call.
DELETE FROM workspaces w WHERE w.thread_id = $1 AND w.call_id IS NOT DISTINCT FROM $2 AND w.id < $3 AND w.id NOT IN (
    SELECT id FROM workspaces
    WHERE thread_id = $1 AND call_id IS NOT DISTINCT FROM $2 AND bytes IS NOT NULL AND id <= $3
    ORDER BY id DESC LIMIT (CASE WHEN $2 IS NULL THEN 2 ELSE 1 END)
);

-- name: copies_waiting
-- Copies for sub-agents that nobody has asked for yet.
SELECT count(*) FROM workspaces w WHERE w.thread_id = $1 AND w.call_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM subagents s WHERE s.parent_id = w.thread_id AND s.parent_run = w.run AND s.call_id = w.call_id
);

-- name: newest_workspace
SELECT id, run, bytes, created_at FROM workspaces
WHERE thread_id = $1 AND call_id IS NULL AND bytes IS NOT NULL ORDER BY id DESC LIMIT 1;

-- name: copy_for_call
SELECT id, run, bytes, created_at FROM workspaces
WHERE thread_id = $1 AND run = $2 AND call_id = $3 AND bytes IS NOT NULL ORDER BY id DESC LIMIT 1;

-- name: drop_copies
DELETE FROM workspaces WHERE thread_id = $1 AND run = $2 AND call_id = $3;

-- name: workspace_chunks
SELECT ordinal, data FROM workspace_chunks WHERE workspace_id = $1 AND ordinal > $2 ORDER BY ordinal LIMIT $3;

-- name: drop_partial_workspace
-- One whose stream broke; never one that was committed, however unknown that was to who asks.
DELETE FROM workspaces WHERE id = $1 AND bytes IS NULL;
