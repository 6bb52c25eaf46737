-- The outbox key of the warning that a turn's time runs short, while it stands.
ALTER TABLE turns ADD COLUMN IF NOT EXISTS warning text;
