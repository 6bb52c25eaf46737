-- name: watch_group
-- Of as many as $4 at once; of more, the oldest is left at once. One that is watched is left no later than that.
WITH added AS (
    INSERT INTO unknown_groups (bot_id, chat_id, leave_at) VALUES ($1, $2, now() + make_interval(secs => $3))
    ON CONFLICT (bot_id, chat_id) DO UPDATE SET leave_at = LEAST(unknown_groups.leave_at, EXCLUDED.leave_at)
    RETURNING chat_id
)
UPDATE unknown_groups SET leave_at = now() WHERE EXISTS (SELECT 1 FROM added) AND bot_id = $1 AND chat_id = (
    SELECT chat_id FROM unknown_groups WHERE bot_id = $1 AND leave_at > now() ORDER BY leave_at LIMIT 1
) AND (SELECT count(*) FROM unknown_groups WHERE bot_id = $1) >= $4::int;

-- name: due_groups
-- Whether somebody who may use the bot has a conversation there is told too.
SELECT u.chat_id, u.attempts, EXISTS (
    SELECT 1 FROM threads t WHERE t.bot_id = u.bot_id AND t.chat_id = u.chat_id AND t.kind = 'conversation'
) AS used FROM unknown_groups u WHERE u.bot_id = $1 AND u.leave_at <= now() ORDER BY u.leave_at LIMIT $2;

-- name: unwatch_group
DELETE FROM unknown_groups WHERE bot_id = $1 AND chat_id = $2;

-- name: postpone_group
UPDATE unknown_groups SET attempts = attempts + 1, leave_at = now() + make_interval(secs => $3)
WHERE bot_id = $1 AND chat_id = $2;
