-- name: want_run
-- Class and limits of one that stands already are kept.
INSERT INTO runs (thread_id, number, thread_uid, model, thinking, class_name, limits, cold)
SELECT $1, $2, $3, model, thinking, $4, $5::jsonb, $6 FROM threads WHERE id = $1
ON CONFLICT (thread_id, number) DO UPDATE SET thread_uid = COALESCE(EXCLUDED.thread_uid, runs.thread_uid),
    class_name = COALESCE(runs.class_name, EXCLUDED.class_name), limits = COALESCE(runs.limits, EXCLUDED.limits)
RETURNING model, thinking;

-- name: write_refused
-- The API server refused it, in these words; the next write may be tried after so many seconds.
UPDATE runs SET attempts = attempts + 1, next_at = now() + make_interval(secs => $3::float), message = $4
WHERE thread_id = $1 AND number = $2 AND state <> 'over' RETURNING attempts;

-- name: write_accepted
UPDATE runs SET attempts = 0, next_at = NULL, message = NULL WHERE thread_id = $1 AND number = $2 AND attempts > 0
  AND state <> 'over';

-- name: raise_counter
UPDATE threads SET run_counter = GREATEST(run_counter, $2) WHERE id = $1;

-- name: open_run
SELECT * FROM runs WHERE thread_id = $1 AND state <> 'over';

-- name: run
SELECT * FROM runs WHERE thread_id = $1 AND number = $2;

-- name: lock_run
SELECT * FROM runs WHERE thread_id = $1 AND number = $2 FOR UPDATE;

-- name: newest_run
SELECT max(number) FROM runs WHERE thread_id = $1;

-- name: open_runs
-- Sub-agents have limits of their own.
SELECT count(*) FROM runs r JOIN threads t ON t.id = r.thread_id
WHERE (r.state <> 'over' OR (r.lingering AND r.thread_id <> $1)) AND t.kind = 'conversation';

-- name: ready_runs
SELECT thread_id FROM runs WHERE state = 'live' AND ready_at IS NOT NULL;

-- name: accept_hello
UPDATE runs SET state = 'live', pod_name = $3, pod_uid = $4, job_name = $5, hello_at = COALESCE(hello_at, now()), seen_at = now()
WHERE thread_id = $1 AND number = $2 RETURNING *;

-- name: mark_ready
-- The seconds since its hello are told once.
UPDATE runs SET ready_at = COALESCE(ready_at, now()), seen_at = now() WHERE thread_id = $1 AND number = $2
RETURNING CASE WHEN ready_at = now() THEN extract(epoch FROM ready_at - hello_at)::float END;

-- name: seen
-- A row that is being written is passed over: it is seen soon again.
UPDATE runs r SET seen_at = now() FROM (
    SELECT o.thread_id, o.number FROM runs o JOIN unnest($1::bigint[], $2::integer[]) AS s(thread_id, number)
        ON o.thread_id = s.thread_id AND o.number = s.number
    WHERE o.state <> 'over' FOR NO KEY UPDATE OF o SKIP LOCKED
) found WHERE r.thread_id = found.thread_id AND r.number = found.number;

-- name: acked
UPDATE runs SET acked_seq = GREATEST(acked_seq, $3), seen_at = now() WHERE thread_id = $1 AND number = $2;

-- name: end_run
UPDATE runs SET state = 'over', ended_at = now(), reason = $3, message = $4
WHERE thread_id = $1 AND number = $2 AND state <> 'over' RETURNING *;

-- name: end_left_run
-- Its pod goes by itself, and has its slot until the cluster says so; a sub-agent has none.
UPDATE runs r SET state = 'over', ended_at = now(), reason = $3, message = NULL, lingering = t.kind = 'conversation'
FROM threads t WHERE r.thread_id = $1 AND r.number = $2 AND r.state <> 'over' AND t.id = r.thread_id RETURNING r.*;

-- name: run_gone
UPDATE runs SET lingering = false WHERE thread_id = $1 AND number = $2 AND lingering RETURNING number;

-- name: runs_followed
-- The pods of runs before it are ended by the cluster, and their slot is its own.
UPDATE runs SET lingering = false WHERE thread_id = $1 AND number < $2 AND lingering;

-- name: subagent_settled
SELECT state = 'finished' FROM subagents WHERE thread_id = $1;

-- name: ask_stop
-- The first reason stands.
UPDATE runs SET stop = $3 WHERE thread_id = $1 AND number = $2 AND state <> 'over' AND stop IS NULL RETURNING number;

-- name: last_connected_run
-- One that was given a pod of a warm pool has its hello from the first; unless it was ready, its agent was asked nothing.
SELECT * FROM runs WHERE thread_id = $1 AND state = 'over' AND hello_at IS NOT NULL AND (ready_at IS NOT NULL OR NOT claimed)
ORDER BY number DESC LIMIT 1;

-- name: files_of_run
UPDATE runs SET files = $3 WHERE thread_id = $1 AND number = $2;

-- name: last_run
SELECT * FROM runs WHERE thread_id = $1 AND state = 'over' ORDER BY number DESC LIMIT 1;
