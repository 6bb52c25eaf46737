-- Words for a turn that is under way. What the agent did not read before its end becomes a turn of its own; how a
-- message was edited after its turn began is told with the next one then.
CREATE TABLE IF NOT EXISTS steers (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    turn_id     bigint NOT NULL REFERENCES turns ON DELETE CASCADE,
    kind        text   NOT NULL CHECK (kind IN ('steer', 'edit')),
    update_id   bigint NOT NULL,
    message_id  bigint,
    person_id   bigint,
    text        text   NOT NULL,                 -- as the agent is to read it
    state       text   NOT NULL DEFAULT 'wanted' CHECK (state IN ('wanted', 'read', 'moved', 'dropped')),
    -- wanted -> read (the agent has it) | moved (to a turn) | dropped (its person stopped the turn)
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (turn_id, update_id)
);
CREATE INDEX IF NOT EXISTS steers_wanted ON steers (turn_id) WHERE state = 'wanted';
CREATE INDEX IF NOT EXISTS turns_message ON turns (thread_id, message_id) WHERE message_id IS NOT NULL;
