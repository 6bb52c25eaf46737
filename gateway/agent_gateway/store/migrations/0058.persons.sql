-- What one person did, and what one person asked, over all chats.
SET LOCAL lock_timeout = '10s';

CREATE INDEX IF NOT EXISTS audit_of ON audit (person_id, id);
