-- Files of a conversation as they were after each turn: states, which name packs; each pack is stored once.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS kept_packs (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id   bigint NOT NULL REFERENCES threads,
    run         integer NOT NULL,                -- which sent it
    sha         bytea  NOT NULL,                 -- SHA-256 of its bytes
    bytes       bigint,                          -- NULL until it is whole
    held        bigint NOT NULL,                 -- reserved while it comes, then as many as came
    loose_at    timestamptz DEFAULT now()        -- since when no state names it; NULL while one does
);
CREATE UNIQUE INDEX IF NOT EXISTS kept_packs_sha ON kept_packs (thread_id, sha) WHERE bytes IS NOT NULL;
CREATE INDEX IF NOT EXISTS kept_packs_thread ON kept_packs (thread_id);
CREATE INDEX IF NOT EXISTS kept_packs_loose ON kept_packs (loose_at) WHERE loose_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS kept_pack_rows (
    pack_id     bigint NOT NULL REFERENCES kept_packs ON DELETE CASCADE,
    ordinal     integer NOT NULL,
    data        bytea   NOT NULL,
    PRIMARY KEY (pack_id, ordinal)
);
ALTER TABLE kept_pack_rows ALTER COLUMN data SET STORAGE EXTERNAL;  -- compressed already
ALTER TABLE kept_pack_rows SET (autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE IF NOT EXISTS kept_states (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id   bigint NOT NULL REFERENCES threads,
    run         integer NOT NULL,
    turn_id     bigint,                          -- after which, or in which; NULL: before the first of its run
    call_id     text,                            -- a copy for the sub-agent of that call; NULL: the thread's own
    whole_id    bigint,                          -- the pack with the list that this one differs from
    packs       bigint[] NOT NULL,               -- all that it needs, that one too
    body        bytea  NOT NULL,                 -- as its run sent it
    files       bigint NOT NULL,
    bytes       bigint NOT NULL,                 -- of the files
    over        integer NOT NULL,                -- files that there was no room for
    failed      integer NOT NULL DEFAULT 0,      -- runs that could not write it; from two on it is kept aside
    failed_run  integer,                         -- the last of them
    created_at  timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE kept_states ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX IF NOT EXISTS kept_states_thread ON kept_states (thread_id, id);
CREATE INDEX IF NOT EXISTS kept_states_call ON kept_states (thread_id, run, call_id) WHERE call_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS kept_states_created ON kept_states (created_at);

-- Bytes of all packs of a thread: one row is read instead of all of them, and is held by whoever adds one.
CREATE TABLE IF NOT EXISTS kept_rooms (
    thread_id   bigint PRIMARY KEY REFERENCES threads,
    bytes       bigint NOT NULL
);

CREATE OR REPLACE FUNCTION openclaw_count_packs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.held = OLD.held THEN
        RETURN NULL;
    END IF;
    INSERT INTO kept_rooms AS r (thread_id, bytes)
    VALUES (COALESCE(NEW.thread_id, OLD.thread_id), COALESCE(NEW.held, 0) - COALESCE(OLD.held, 0))
    ON CONFLICT (thread_id) DO UPDATE SET bytes = r.bytes + EXCLUDED.bytes;
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS kept_packs_counted ON kept_packs;
CREATE TRIGGER kept_packs_counted AFTER INSERT OR UPDATE OF held OR DELETE ON kept_packs
FOR EACH ROW EXECUTE FUNCTION openclaw_count_packs();

-- What no state names any more may go; what was never named is of a run that is at it, and has an hour.
CREATE OR REPLACE FUNCTION openclaw_loosen_packs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE kept_packs p SET loose_at = now() - interval '1 day'
    WHERE p.loose_at IS NULL AND p.thread_id IN (SELECT DISTINCT thread_id FROM gone)
      AND p.id NOT IN (
        SELECT unnest(s.packs) FROM kept_states s WHERE s.thread_id IN (SELECT DISTINCT thread_id FROM gone));
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS kept_packs_loosened ON kept_states;
CREATE TRIGGER kept_packs_loosened AFTER DELETE ON kept_states REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION openclaw_loosen_packs();

-- The newest turn that a run's files are stored of; NULL of runs of earlier releases.
ALTER TABLE runs ADD COLUMN IF NOT EXISTS kept_turn bigint;
