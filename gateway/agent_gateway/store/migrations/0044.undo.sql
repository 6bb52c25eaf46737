-- Going back: where a conversation stood before each turn, and what was undone. What is undone stays, marked.
SET LOCAL lock_timeout = '10s';

-- Of turns that an earlier release gave to a run these are NULL: nothing can go back before them.
ALTER TABLE turns ADD COLUMN IF NOT EXISTS before_session uuid;   -- the conversation's session when a run was given it
ALTER TABLE turns ADD COLUMN IF NOT EXISTS before_line integer;   -- the last line of that session then
ALTER TABLE turns ADD COLUMN IF NOT EXISTS undone bigint;         -- by which undo
CREATE INDEX IF NOT EXISTS turns_undoable ON turns (before_session, delivered_at) WHERE before_session IS NOT NULL;

CREATE TABLE IF NOT EXISTS undos (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id   bigint NOT NULL REFERENCES threads,
    session_id  uuid   NOT NULL,
    line_from   integer NOT NULL,                -- lines behind this one are undone
    line_to     integer NOT NULL,                -- up to this one
    kept_id     bigint,                          -- the newest state of the files before it; NULL: there was none
    person_id   bigint NOT NULL,
    state       text   NOT NULL DEFAULT 'undone' CHECK (state IN ('undone', 'back')),  -- undone -> back: it was put back
    created_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz
);
CREATE INDEX IF NOT EXISTS turns_undone ON turns (undone) WHERE undone IS NOT NULL;
CREATE INDEX IF NOT EXISTS undos_thread ON undos (thread_id, id);
CREATE INDEX IF NOT EXISTS undos_back ON undos (ended_at) WHERE state = 'back';
CREATE INDEX IF NOT EXISTS undos_session ON undos (session_id) WHERE state = 'undone';

-- What runs up to this one still send of lines is passed over, and their states of the files are undone too.
ALTER TABLE threads ADD COLUMN IF NOT EXISTS undone_run integer NOT NULL DEFAULT 0;

-- A state of the files that no run begins with, as its turn is undone.
ALTER TABLE kept_states ADD COLUMN IF NOT EXISTS undone bigint;
CREATE INDEX IF NOT EXISTS kept_states_undone ON kept_states (undone) WHERE undone IS NOT NULL;

-- When the earliest state went that is no more: nothing is known of the files before that.
ALTER TABLE kept_rooms ADD COLUMN IF NOT EXISTS gone_from timestamptz;
CREATE OR REPLACE FUNCTION openclaw_note_gone_states() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE kept_rooms r SET gone_from = LEAST(r.gone_from, g.first) FROM (
        SELECT s.thread_id, min(s.created_at) AS first FROM gone s JOIN threads t ON t.id = s.thread_id
        WHERE s.call_id IS NULL AND s.undone IS NULL AND s.run > GREATEST(t.clean_run, t.forgotten_run) GROUP BY s.thread_id
    ) g WHERE r.thread_id = g.thread_id AND g.first < COALESCE(r.gone_from, 'infinity');
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS kept_states_gone ON kept_states;
CREATE TRIGGER kept_states_gone AFTER DELETE ON kept_states REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION openclaw_note_gone_states();

-- Who begins without files has lost none.
CREATE OR REPLACE FUNCTION openclaw_begin_without_files() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE kept_rooms SET gone_from = NULL WHERE thread_id = NEW.id AND gone_from IS NOT NULL;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS threads_without_files ON threads;
CREATE TRIGGER threads_without_files AFTER UPDATE OF clean_run, forgotten_run ON threads FOR EACH ROW
WHEN (NEW.clean_run > OLD.clean_run OR NEW.forgotten_run > OLD.forgotten_run) EXECUTE FUNCTION openclaw_begin_without_files();
