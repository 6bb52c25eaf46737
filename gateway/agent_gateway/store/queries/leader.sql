-- name: fence
SELECT 1 FROM leader WHERE bot_id = $1 AND epoch = $2 FOR SHARE;

-- name: other_bot
SELECT bot_id FROM leader WHERE bot_id <> $1 LIMIT 1;

-- name: take_over
INSERT INTO leader (bot_id, epoch, bot_name) VALUES ($1, 1, $2)
ON CONFLICT (bot_id) DO UPDATE SET epoch = leader.epoch + 1, bot_name = EXCLUDED.bot_name, since = now()
RETURNING epoch;
