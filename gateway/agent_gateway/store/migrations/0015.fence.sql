-- A fence of advisory locks: readers of one row would each add to a multixact, and these are bounded.
SET LOCAL lock_timeout = '10s';

-- Whether an epoch still holds; it goes on to hold until the transaction ends. A statement sees what was committed
-- before it began, so that the epoch is read by a second statement, after the wait for the lock.
CREATE OR REPLACE FUNCTION openclaw_fence(bot bigint, expected bigint) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('openclaw-fence', 0));
    RETURN EXISTS (SELECT 1 FROM leader WHERE bot_id = bot AND epoch = expected);
END
$$;

-- Every change of the epoch waits for the transactions of the old one, also where a gateway of an earlier release makes it.
CREATE OR REPLACE FUNCTION openclaw_close_fence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('openclaw-fence', 0));
    RETURN NULL;
END
$$;
DROP TRIGGER IF EXISTS leader_fence ON leader;
CREATE TRIGGER leader_fence BEFORE UPDATE ON leader FOR EACH STATEMENT EXECUTE FUNCTION openclaw_close_fence();
