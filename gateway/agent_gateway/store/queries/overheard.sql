-- name: add_overheard
INSERT INTO overheard (bot_id, chat_id, topic, message_id, name, text) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (bot_id, chat_id, topic, message_id) DO UPDATE SET text = EXCLUDED.text;

-- name: trim_overheard
DELETE FROM overheard WHERE bot_id = $1 AND chat_id = $2 AND topic = $3 AND message_id <= (
    SELECT message_id FROM overheard WHERE bot_id = $1 AND chat_id = $2 AND topic = $3
    ORDER BY message_id DESC OFFSET $4 LIMIT 1
);

-- name: take_overheard
DELETE FROM overheard WHERE bot_id = $1 AND chat_id = $2 AND topic = $3
RETURNING message_id, name, text, said_at > now() - interval '1 day' AS fresh;

-- name: set_dated
UPDATE threads SET dated_at = $2, dated_session = session_id WHERE id = $1;

-- name: zone
SELECT zone FROM people WHERE bot_id = $1 AND person_id = $2;

-- name: choose_zone
INSERT INTO people (bot_id, person_id, zone) VALUES ($1, $2, $3)
ON CONFLICT (bot_id, person_id) DO UPDATE SET zone = EXCLUDED.zone;
