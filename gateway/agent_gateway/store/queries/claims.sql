-- name: claim_run
-- A run that has its pod from the first; refused where the pod was anybody's before. The pods of runs before it are ended by the
-- cluster, and their slot is its own. In one statement, as many claims come at once. The choice that it bears is the one that its
-- pod will be told: where people chose anew since that was read, it is given no turn, and is no run.
WITH pod AS (
    INSERT INTO claims (pod_uid, job_name, thread_id, run, model) VALUES ($7, $8, $1, $2, $9)
), followed AS (
    UPDATE runs SET lingering = false WHERE thread_id = $1 AND number < $2 AND lingering
), raised AS (
    UPDATE threads SET run_counter = GREATEST(run_counter, $2) WHERE id = $1
)
INSERT INTO runs (thread_id, number, thread_uid, model, thinking, class_name, limits, state, pod_name, pod_uid, job_name, hello_at,
    seen_at, claimed)
SELECT $1, $2, $3, $10, $11, $4, $5::jsonb, 'live', $6, $7, $8, now(), now(), true FROM threads WHERE id = $1
RETURNING *;

-- name: claim_of_pod
SELECT thread_id, run, job_name, model FROM claims WHERE pod_uid = $1;
