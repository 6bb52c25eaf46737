-- name: prompt_facts
-- Whether there is anything that an agent is to be told besides a turn: each turn asks, and mostly there is nothing.
SELECT EXISTS (SELECT FROM subagents WHERE parent_id = $1 AND state = 'finished' AND delivered_at IS NULL
               AND cancel IS DISTINCT FROM 'parent') AS children,
    EXISTS (SELECT FROM steers WHERE thread_id = $1 AND kind = 'edit' AND state = 'wanted' AND turn_id <> $3) AS edits,
    EXISTS (SELECT FROM turns WHERE thread_id = $1 AND run = $2 AND id <> $3) AS had_others,
    COALESCE((SELECT reason = $4 FROM turns WHERE thread_id = $1 AND id < $3 AND state IN ('done', 'failed')
              AND undone IS NULL ORDER BY id DESC LIMIT 1), false) AS over,
    EXISTS (SELECT FROM notes_told WHERE thread_id = $1) OR EXISTS (
        SELECT FROM threads t CROSS JOIN LATERAL (
            (SELECT FROM notes WHERE thread_id = t.id AND scope = 'conversation' LIMIT 1)
            UNION ALL (SELECT FROM notes WHERE bot_id = t.bot_id AND chat_id = t.chat_id AND scope = 'chat' LIMIT 1)
            UNION ALL (SELECT FROM notes WHERE bot_id = t.bot_id AND person_id = t.chat_id AND scope = 'person' LIMIT 1)
        ) n WHERE t.id = $1
    ) AS notes;

-- name: message_facts
-- What counts where a message becomes a turn: what waits before it and behind it, and when its writer's agent was told the time.
SELECT (SELECT count(*) FROM turns WHERE thread_id = $2 AND state = 'queued') AS waiting,
    EXISTS (SELECT FROM inbox WHERE bot_id = $1 AND state = 'new' AND lane = $3 AND update_id > $4) AS more,
    (SELECT zone FROM people WHERE bot_id = $1 AND person_id = $5) AS zone,
    (SELECT CASE WHEN dated_session = session_id THEN dated_at END FROM threads WHERE id = $2) AS dated;
