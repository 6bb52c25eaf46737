-- By age, for those that go.
SET LOCAL lock_timeout = '10s';
CREATE INDEX IF NOT EXISTS topics_age ON topics (created_at);
