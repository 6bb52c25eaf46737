-- name: claim_push
-- An allowed push goes through once, whoever asks for it.
UPDATE decisions SET taken_at = now() WHERE id = $1 AND kind = 'push' AND state = 'answered' AND choice = 0 AND taken_at IS NULL
RETURNING id;

-- name: claim_same_push
-- What was allowed when nobody waited for it any more, as its gateway or its git had ended.
UPDATE decisions SET taken_at = now() WHERE id = (
    SELECT id FROM decisions WHERE thread_id = $1 AND kind = 'push' AND rule = $2 AND taken_at IS NULL
      AND state = 'answered' AND choice = 0 AND ended_at > now() - make_interval(secs => $3)
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
) AND taken_at IS NULL RETURNING id;

-- name: asked_push
-- A question that stands, whose asker may have ended: the same push waits on it again.
SELECT *, false AS expired FROM decisions
WHERE thread_id = $1 AND kind = 'push' AND rule = $2 AND state = 'asked' AND (expires_at IS NULL OR expires_at > now())
ORDER BY id DESC LIMIT 1;

-- name: push
SELECT *, expires_at <= now() AS expired FROM decisions WHERE id = $1 AND kind = 'push';
