-- Which chat became this one.
SET LOCAL lock_timeout = '10s';
CREATE INDEX IF NOT EXISTS chat_aliases_to ON chat_aliases (bot_id, moved_to);
