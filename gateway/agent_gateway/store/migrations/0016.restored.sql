-- A database that was put back from a backup is known as such.
SET LOCAL lock_timeout = '10s';

-- Where the database was when somebody last led: server, database and table. NULL: of an earlier release, or declared complete.
ALTER TABLE leader ADD COLUMN IF NOT EXISTS home text;
-- Where it was before it was put back, until that is settled.
ALTER TABLE leader ADD COLUMN IF NOT EXISTS came_from text;
ALTER TABLE leader ADD COLUMN IF NOT EXISTS restored_at timestamptz;  -- when that was last settled

-- A backup that is read in makes tables anew, so that they have other numbers; a server made anew has another identifier.
CREATE OR REPLACE FUNCTION openclaw_home() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    server text := '';
BEGIN
    IF has_function_privilege('pg_control_system()', 'EXECUTE') THEN
        SELECT system_identifier::text INTO server FROM pg_control_system();
    END IF;
    RETURN server || '.' || (SELECT oid FROM pg_database WHERE datname = current_database()) || '.' || 'leader'::regclass::oid;
END
$$;

-- As in 0015; a leader under whose feet the table was put back leads no more, though its epoch may be the same.
CREATE OR REPLACE FUNCTION openclaw_fence(bot bigint, expected bigint) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('openclaw-fence', 0));
    RETURN EXISTS (
        SELECT 1 FROM leader
        WHERE bot_id = bot AND epoch = expected AND (home IS NULL OR split_part(home, '.', 3) = tableoid::text)
    );
END
$$;
