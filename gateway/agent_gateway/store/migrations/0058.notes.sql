-- What one person noted and scheduled, over all chats.
SET LOCAL lock_timeout = '10s';

CREATE INDEX IF NOT EXISTS notes_by ON notes (bot_id, person_id, id);
CREATE INDEX IF NOT EXISTS schedules_by ON schedules (bot_id, person_id);
