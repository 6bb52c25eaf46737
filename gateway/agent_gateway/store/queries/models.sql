-- name: model_call
-- What a run's model calls are judged by: its class and choice, and the turn that is under way, or was until lately.
SELECT r.class_name, r.model, t.id AS turn_id FROM runs r
LEFT JOIN LATERAL (
    SELECT id FROM turns
    WHERE thread_id = r.thread_id AND run = r.number
      AND (state IN ('delivered', 'started') OR ended_at > now() - make_interval(secs => $3))
    ORDER BY (state IN ('delivered', 'started')) DESC, id DESC LIMIT 1
) t ON true
WHERE r.thread_id = $1 AND r.number = $2 AND r.state <> 'over';
