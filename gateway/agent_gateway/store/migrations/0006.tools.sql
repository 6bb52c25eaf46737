-- The tools that a turn used: counted while it runs, told in one line behind its answer.
CREATE TABLE IF NOT EXISTS turn_tools (
    turn_id     bigint PRIMARY KEY REFERENCES turns ON DELETE CASCADE,
    state       jsonb  NOT NULL                  -- {total, failed, calls: the last ones, without secrets}
);
