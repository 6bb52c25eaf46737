-- name: fence
-- A row while the epoch holds, which it does till the transaction ends: a take-over waits for that.
SELECT 1 WHERE openclaw_fence($1, $2);

-- name: other_bot
SELECT bot_id FROM leader WHERE bot_id <> $1 LIMIT 1;

-- name: take_over
-- Behind close_fence, in its transaction.
-- The clock is in the epoch, so that a leader of a database that was put back has none of an earlier leader's.
INSERT INTO leader (bot_id, epoch, bot_name, home) VALUES ($1, (extract(epoch FROM now()) * 1000000)::bigint, $2, openclaw_home())
ON CONFLICT (bot_id) DO UPDATE SET epoch = GREATEST(leader.epoch + 1, EXCLUDED.epoch), bot_name = EXCLUDED.bot_name, since = now(),
    came_from = COALESCE(leader.came_from, NULLIF(leader.home, EXCLUDED.home)), home = EXCLUDED.home
RETURNING epoch;

-- name: limit_lock_wait
-- Of this transaction, in milliseconds.
SELECT set_config('lock_timeout', $1::text, true);

-- name: close_fence
-- Waits for every fenced transaction, and keeps new ones waiting till this one ends.
SELECT pg_advisory_xact_lock(hashtextextended('openclaw-fence', 0));

-- name: end_fenced_sessions
-- Ends the sessions that are in a fenced transaction, for a successor that waited in vain: those that hold the fence, and
-- those of a release that locked the leader's row instead.
SELECT pg_terminate_backend(pid) FROM (
    SELECT DISTINCT pid FROM pg_locks
    WHERE granted AND pid <> pg_backend_pid() AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND ((locktype = 'advisory' AND objsubid = 1 AND mode = 'ShareLock'
            AND ((classid::bigint << 32) | objid::bigint) = hashtextextended('openclaw-fence', 0))
        OR (locktype = 'relation' AND relation = 'leader'::regclass AND mode = 'RowShareLock'))
) fenced;
