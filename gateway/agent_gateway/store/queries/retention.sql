-- name: retention_rules
SELECT class_name, message_days, file_days, usage_days FROM retention WHERE bot_id = $1 ORDER BY class_name;

-- name: put_retention
INSERT INTO retention (bot_id, class_name, message_days, file_days, usage_days) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (bot_id, class_name) DO UPDATE
SET message_days = EXCLUDED.message_days, file_days = EXCLUDED.file_days, usage_days = EXCLUDED.usage_days, changed_at = now();

-- name: drop_retention
DELETE FROM retention WHERE bot_id = $1 AND class_name = $2;

-- name: retention_page
-- The next $3 threads behind $2: of each the newest moment that goes by the rule of its class, where anything is as old. The class is
-- that of the newest run, of a copy that has none the class of what it was copied from; a sub-agent goes by the conversation that it works
-- for. A rule that changed within $5 seconds is none. It is $4, or now by the clock that all this was dated by. A turn is as old as its
-- answer; where nobody has asked anything, a conversation is as old as itself.
WITH page AS (
    SELECT id, bot_id, kind, session_id, emptied_turn, created_at, forked_class FROM threads WHERE id > $2 AND bot_id = $1 ORDER BY id LIMIT $3
), ruled AS (
    SELECT p.*, n.at - make_interval(days => c.message_days) AS said, n.at - make_interval(days => c.file_days) AS kept,
        n.at - make_interval(days => c.usage_days) AS used, a.finished_at, a.task,
        COALESCE(
            (SELECT GREATEST(t.created_at, t.ended_at) FROM turns t WHERE t.thread_id = p.id ORDER BY t.id DESC LIMIT 1), p.created_at
        ) AS asked_at
    FROM page p CROSS JOIN (SELECT COALESCE($4::timestamptz, now()) AS at) n
    CROSS JOIN LATERAL (
        WITH RECURSIVE up AS (
            SELECT p.id AS id, 0 AS height
            UNION ALL SELECT s.parent_id, u.height + 1 FROM up u JOIN subagents s ON s.thread_id = u.id WHERE s.parent_id IS NOT NULL
        )
        SELECT id FROM up ORDER BY height DESC LIMIT 1
    ) root
    LEFT JOIN LATERAL (
        SELECT r.class_name FROM runs r WHERE r.thread_id = root.id AND r.class_name IS NOT NULL ORDER BY r.number DESC LIMIT 1
    ) run ON true
    LEFT JOIN retention c ON c.bot_id = p.bot_id AND c.class_name = COALESCE(run.class_name, p.forked_class)
        AND c.changed_at < now() - make_interval(secs => $5)
    LEFT JOIN subagents a ON a.thread_id = p.id
)
SELECT id, kind = 'subagent' AS below,
    CASE WHEN said IS NOT NULL AND (
        CASE WHEN kind = 'subagent' THEN finished_at < said AND task <> ''
        ELSE (SELECT GREATEST(t.created_at, t.ended_at) FROM turns t WHERE t.thread_id = r.id AND t.id > r.emptied_turn ORDER BY t.id LIMIT 1) < said
            OR (SELECT s.ended_at FROM past_sessions s WHERE s.thread_id = r.id ORDER BY s.ended_at LIMIT 1) < said
            OR (asked_at < said AND (SELECT 1 FROM session_entries e WHERE e.session_id = r.session_id LIMIT 1) = 1)
        END
    ) THEN said END AS said,
    CASE WHEN kept IS NOT NULL AND (
        CASE WHEN kind = 'subagent' THEN finished_at < kept AND (
            (SELECT 1 FROM kept_states s WHERE s.thread_id = r.id LIMIT 1) = 1 OR (SELECT 1 FROM workspaces w WHERE w.thread_id = r.id LIMIT 1) = 1)
        ELSE (
            SELECT s.created_at < kept AND (asked_at < kept OR (
                SELECT 1 FROM kept_states n WHERE n.thread_id = r.id AND n.id > s.id AND n.call_id IS NULL AND n.failed < 2
                  AND n.undone IS NULL LIMIT 1) = 1)
            FROM kept_states s WHERE s.thread_id = r.id ORDER BY s.id LIMIT 1
        ) OR (
            SELECT w.created_at < kept AND (asked_at < kept OR (
                SELECT 1 FROM workspaces n WHERE n.thread_id = r.id AND (n.run, n.id) > (w.run, w.id) LIMIT 1) = 1)
            FROM workspaces w WHERE w.thread_id = r.id ORDER BY w.run, w.id LIMIT 1
        ) END
    ) THEN kept END AS kept,
    CASE WHEN (SELECT u.created_at FROM usage u WHERE u.thread_id = r.id ORDER BY u.created_at LIMIT 1) < used THEN used END AS used
FROM ruled r ORDER BY id;

-- name: retention_turns
-- The next $3 turns whose words are there, and whether they are to go: an answer may be younger than what was asked.
SELECT id, GREATEST(created_at, ended_at) < $2 AND state IN ('done', 'failed', 'cancelled') AS due FROM turns
WHERE thread_id = $1 AND id > (SELECT c.emptied_turn FROM threads c WHERE c.id = $1) ORDER BY id LIMIT $3;

-- name: retention_emptied
UPDATE threads SET emptied_turn = GREATEST(emptied_turn, $2) WHERE id = $1;

-- name: retention_messages
-- Of the oldest $3 messages those that no turn leads to.
DELETE FROM messages WHERE id = ANY (ARRAY (
    SELECT m.id FROM (SELECT id, turn_id, created_at FROM messages WHERE thread_id = $1 ORDER BY id LIMIT $3) m
    WHERE m.created_at < $2 AND (m.turn_id IS NULL OR m.turn_id <= (SELECT emptied_turn FROM threads WHERE id = $1))
));

-- name: retention_idle
-- Since when nobody asked or was answered anything, where nothing runs or waits and that is before $2.
SELECT l.at FROM (SELECT COALESCE(
    (SELECT GREATEST(created_at, ended_at) FROM turns WHERE thread_id = $1 ORDER BY id DESC LIMIT 1), (SELECT created_at FROM threads WHERE id = $1)
) AS at) l WHERE l.at < $2
    AND NOT EXISTS (SELECT FROM runs WHERE thread_id = $1 AND state <> 'over')
    AND NOT EXISTS (SELECT FROM turns WHERE thread_id = $1 AND state IN ('queued', 'delivered', 'started'));

-- name: retention_ended
-- A session that nobody wrote in any more ended with the last word.
UPDATE past_sessions SET ended_at = $3 WHERE session_id = $2 AND thread_id = $1;

-- name: retention_names
-- Of sessions that are gone.
DELETE FROM session_names n WHERE n.thread_id = $1 AND n.session_id <> (SELECT t.session_id FROM threads t WHERE t.id = $1)
    AND NOT EXISTS (SELECT FROM past_sessions p WHERE p.session_id = n.session_id);

-- name: retention_states
-- The oldest; of those that the next run may begin with the newest only where all are to go.
DELETE FROM kept_states WHERE id = ANY (ARRAY (
    SELECT s.id FROM kept_states s WHERE s.thread_id = $1 AND s.created_at < $2
      AND ($3 OR s.id < (
        SELECT n.id FROM kept_states n WHERE n.thread_id = $1 AND n.call_id IS NULL AND n.failed < 2 AND n.undone IS NULL ORDER BY n.id DESC LIMIT 1
      )) ORDER BY s.id LIMIT $4
));

-- name: retention_workspaces
DELETE FROM workspaces WHERE id = ANY (ARRAY (
    SELECT w.id FROM workspaces w WHERE w.thread_id = $1 AND w.created_at < $2 AND ($3 OR (w.run, w.id) < (
        SELECT n.run, n.id FROM workspaces n WHERE n.thread_id = $1 ORDER BY n.run DESC, n.id DESC LIMIT 1
    )) ORDER BY w.run, w.id LIMIT $4
));

-- name: retention_usage
DELETE FROM usage WHERE id = ANY (ARRAY (
    SELECT id FROM usage WHERE thread_id = $1 AND created_at < $2 ORDER BY created_at LIMIT $3
));

-- name: files_let_go
-- Where all files of a conversation went: those of its runs so far. A run that keeps new ones is a later one, or is let go anew.
UPDATE threads t SET emptied_run = (SELECT COALESCE(max(r.number), 0) FROM runs r WHERE r.thread_id = t.id) WHERE t.id = $1
    AND NOT EXISTS (SELECT FROM kept_states s WHERE s.thread_id = t.id) AND NOT EXISTS (SELECT FROM workspaces w WHERE w.thread_id = t.id);

-- name: kept_let_go
-- Whether the files of a run were kept, and went because they were older than its class lets them be.
SELECT EXISTS (
    SELECT FROM threads t JOIN runs r ON r.thread_id = t.id
    WHERE t.id = $1 AND r.number = $2 AND r.files = 'kept' AND r.number > GREATEST(t.clean_run, t.forgotten_run)
      AND r.number <= t.emptied_run
      AND NOT EXISTS (SELECT FROM kept_states s WHERE s.thread_id = t.id) AND NOT EXISTS (SELECT FROM workspaces w WHERE w.thread_id = t.id)
);
