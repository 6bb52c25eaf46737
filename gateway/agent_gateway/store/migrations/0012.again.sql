-- A turn that asks again, or goes on with, one that was cut: that one's id, so that it happens once.
ALTER TABLE turns ADD COLUMN IF NOT EXISTS again_of bigint REFERENCES turns;
CREATE UNIQUE INDEX IF NOT EXISTS turns_again ON turns (again_of) WHERE again_of IS NOT NULL;
