-- name: sessions_of
-- The present session of a conversation, then the newest $2 that ended and still have lines, with their names, what was asked
-- in them first, and of how many questions they are, up to 100. None that is being forgotten.
SELECT s.session_id, s.ended_at, n.name, f.text, COALESCE(f.created_at, s.ended_at) AS began_at, c.questions FROM (
    SELECT session_id, NULL::timestamptz AS ended_at FROM threads WHERE id = $1
    UNION ALL (
        SELECT p.session_id, p.ended_at FROM past_sessions p WHERE p.thread_id = $1
          AND EXISTS (SELECT FROM session_entries e WHERE e.session_id = p.session_id)
          AND NOT EXISTS (
            SELECT FROM jobs j WHERE j.thread_id = $1 AND j.kind = 'forget' AND j.state = 'due' AND p.ended_at <= j.created_at
          )
        ORDER BY p.ended_at DESC LIMIT $2
    )
) s LEFT JOIN session_names n ON n.session_id = s.session_id
LEFT JOIN LATERAL (
    SELECT t.text, t.created_at FROM turns t WHERE t.before_session = s.session_id AND t.delivered_at IS NOT NULL AND t.undone IS NULL
    ORDER BY t.delivered_at LIMIT 1
) f ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS questions FROM (
        SELECT 1 FROM turns t WHERE t.before_session = s.session_id AND t.delivered_at IS NOT NULL AND t.undone IS NULL LIMIT 100
    ) asked
) c ORDER BY s.ended_at DESC NULLS FIRST;

-- name: name_session
INSERT INTO session_names (session_id, thread_id, name) SELECT session_id, id, $2 FROM threads WHERE id = $1
ON CONFLICT (session_id) DO UPDATE SET name = $2;

-- name: take_past_session
DELETE FROM past_sessions WHERE thread_id = $1 AND session_id = $2 RETURNING session_id;

-- name: resume_session
UPDATE threads SET session_id = $2 WHERE id = $1;

-- name: forget_names
DELETE FROM session_names WHERE thread_id = $1;
