-- What stands as the bot's reaction on the message of a turn: eyes from its first row on, its outcome once it is settled.
-- The state of the turn says what should stand, so that an end needs no row of its own here.
CREATE TABLE IF NOT EXISTS reactions (
    turn_id     bigint PRIMARY KEY REFERENCES turns ON DELETE CASCADE,
    settled     boolean NOT NULL DEFAULT false,  -- nothing more is to be done
    attempts    integer NOT NULL DEFAULT 0,      -- calls for the outcome that failed
    next_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS reactions_open ON reactions (turn_id) WHERE NOT settled;
CREATE INDEX IF NOT EXISTS turns_created ON turns (created_at);
