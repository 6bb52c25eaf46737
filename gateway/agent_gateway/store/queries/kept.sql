-- name: hold_room
-- Whoever adds to a thread's packs, or names them, does it one after the other.
INSERT INTO kept_rooms (thread_id, bytes) VALUES ($1, 0)
ON CONFLICT (thread_id) DO UPDATE SET bytes = kept_rooms.bytes RETURNING bytes;

-- name: offer_pack
-- One that is stored whole is not sent again; it is not purged before a state can name it.
UPDATE kept_packs SET loose_at = CASE WHEN loose_at IS NULL THEN NULL ELSE now() END
WHERE thread_id = $1 AND sha = $2 AND bytes IS NOT NULL RETURNING id;

-- name: begin_pack
INSERT INTO kept_packs (thread_id, run, sha, held) VALUES ($1, $2, $3, $4) RETURNING id;

-- name: hold_pack
UPDATE kept_packs SET held = $2 WHERE id = $1 AND bytes IS NULL RETURNING id;

-- name: add_pack_row
INSERT INTO kept_pack_rows (pack_id, ordinal, data) VALUES ($1, $2, $3);

-- name: finish_pack
UPDATE kept_packs SET bytes = $2, held = $2 WHERE id = $1;

-- name: drop_partial_pack
-- One whose stream broke; never one that was committed, however unknown that was to who asks.
DELETE FROM kept_packs WHERE id = $1 AND bytes IS NULL;

-- name: drop_oldest_state
-- Of a thread's own but the newest, so that there is room for the next one; one that is undone first.
DELETE FROM kept_states WHERE id = (
    SELECT id FROM kept_states WHERE thread_id = $1 AND call_id IS NULL AND (undone IS NOT NULL OR id < (
        SELECT max(id) FROM kept_states WHERE thread_id = $1 AND call_id IS NULL AND failed < 2 AND undone IS NULL))
    ORDER BY undone IS NULL, id LIMIT 1
);

-- name: drop_loose_packs
-- Of a thread: those that no state names any more, and those that another run has left unnamed.
DELETE FROM kept_packs WHERE id IN (
    SELECT id FROM kept_packs WHERE thread_id = $1 AND (loose_at < now() - interval '1 hour' OR (loose_at IS NOT NULL AND run < $2))
    LIMIT 100
);

-- name: packs_by_sha
SELECT id, sha FROM kept_packs WHERE thread_id = $1 AND sha = ANY ($2::bytea[]) AND bytes IS NOT NULL FOR UPDATE;

-- name: name_packs
UPDATE kept_packs SET loose_at = NULL WHERE id = ANY ($1::bigint[]) AND loose_at IS NOT NULL;

-- name: add_state
-- Nothing where the conversation was forgotten since the run began; where it was undone since, the state is undone too.
INSERT INTO kept_states (thread_id, run, turn_id, call_id, whole_id, packs, body, files, bytes, over, undone)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE WHEN t.undone_run >= $2 THEN COALESCE(
        (SELECT q.undone FROM turns q WHERE q.id = $3),
        (SELECT max(u.id) FROM undos u WHERE u.thread_id = $1 AND u.state = 'undone')) END
FROM threads t WHERE t.id = $1 AND t.forgotten_run < $2
RETURNING id;

-- name: prune_states
-- Of a thread's own the newest $3 stay, one of each turn of each run, those kept aside, and those undone, which go by their
-- age; of a call the newest.
DELETE FROM kept_states s WHERE s.thread_id = $1 AND s.call_id IS NOT DISTINCT FROM $2 AND s.failed < 2 AND s.undone IS NULL
  AND s.id NOT IN (
    SELECT max(n.id) FROM kept_states n
    WHERE n.thread_id = $1 AND n.call_id IS NOT DISTINCT FROM $2 AND n.failed < 2 AND n.undone IS NULL
    GROUP BY n.run, n.turn_id ORDER BY max(n.id) DESC LIMIT $3
);

-- name: kept_of_run
UPDATE runs SET files = 'kept', kept_turn = GREATEST($3, kept_turn) WHERE thread_id = $1 AND number = $2;

-- name: kept_behind
-- Whether a turn of a run was worked on whose files are not stored. Of runs of earlier releases that is not known.
SELECT EXISTS (
    SELECT 1 FROM runs r JOIN turns t ON t.thread_id = r.thread_id AND t.run = r.number
    WHERE r.thread_id = $1 AND r.number = $2 AND t.id > r.kept_turn AND t.started_at IS NOT NULL AND t.undone IS NULL
);

-- name: turns_since
-- What was worked on behind a turn: how many turns, whether one of them is still at it, and whether files of one are not stored.
SELECT count(*) AS turns, COALESCE(bool_or(t.ended_at IS NULL), false) AS at_work,
    COALESCE(bool_or(t.ended_at IS NOT NULL AND t.id > COALESCE(r.kept_turn, 0)), false) AS late
FROM turns t LEFT JOIN runs r ON r.thread_id = t.thread_id AND r.number = t.run
WHERE t.thread_id = $1 AND t.id > $2 AND t.started_at IS NOT NULL;

-- name: newest_state
-- But for those kept aside (two runs could not write them, or somebody asked to begin without) and those undone.
SELECT s.id, s.run, s.turn_id, s.files, s.bytes, s.over, s.created_at FROM kept_states s JOIN threads t ON t.id = s.thread_id
WHERE s.thread_id = $1 AND s.call_id IS NULL AND s.failed < 2 AND s.undone IS NULL
  AND s.run > GREATEST(t.clean_run, t.forgotten_run)
ORDER BY s.id DESC LIMIT 1;

-- name: states_of
SELECT s.id, s.run, s.turn_id, s.files, s.bytes, s.over, s.created_at FROM kept_states s JOIN threads t ON t.id = s.thread_id
WHERE s.thread_id = $1 AND s.call_id IS NULL AND s.failed < 2 AND s.undone IS NULL
  AND s.run > GREATEST(t.clean_run, t.forgotten_run)
ORDER BY s.id DESC LIMIT $2;

-- name: state_for_call
SELECT id, run, turn_id, files, bytes, over, created_at FROM kept_states
WHERE thread_id = $1 AND run = $2 AND call_id = $3 ORDER BY id DESC LIMIT 1;

-- name: state_body
SELECT body, whole_id, packs FROM kept_states WHERE id = $1;

-- name: packs_by_id
SELECT id, encode(sha, 'hex') AS sha, bytes FROM kept_packs WHERE id = ANY ($1::bigint[]) AND bytes IS NOT NULL;

-- name: pack_slice
-- Its contents may be another pack's too, and stand there.
SELECT substring(data FROM $3::integer FOR $4::integer) AS data, length(data) AS bytes FROM kept_pack_rows
WHERE pack_id = COALESCE((SELECT data_id FROM kept_packs WHERE id = $1), $1) AND ordinal = $2;

-- name: state_failed
-- A run could not write the files that it was to begin with; told again it counts once, though what it tried is kept aside by now.
UPDATE kept_states SET failed = failed + 1, failed_run = $2
WHERE NOT EXISTS (SELECT 1 FROM kept_states f WHERE f.thread_id = $1 AND f.failed_run = $2) AND id = (
    SELECT s.id FROM kept_states s JOIN threads t ON t.id = s.thread_id
    WHERE s.thread_id = $1 AND s.call_id IS NULL AND s.failed < 2 AND s.undone IS NULL
  AND s.run > GREATEST(t.clean_run, t.forgotten_run) AND (s.run < $2 OR s.origin IS NOT NULL)
    ORDER BY s.id DESC LIMIT 1
) RETURNING id, failed;

-- name: put_states_aside
-- Those that share a part with one that cannot be written are no better.
UPDATE kept_states SET failed = 2 WHERE thread_id = $1 AND call_id IS NULL AND failed < 2
  AND packs && (SELECT packs FROM kept_states WHERE id = $2);

-- name: drop_copied_states
DELETE FROM kept_states WHERE thread_id = $1 AND run = $2 AND call_id = $3;

-- name: forget_kept_states
DELETE FROM kept_states WHERE thread_id = ANY ($1::bigint[]);

-- name: forget_kept_packs
DELETE FROM kept_packs WHERE thread_id = ANY ($1::bigint[]);

-- name: forget_kept_states_slice
DELETE FROM kept_states WHERE id IN (
    SELECT s.id FROM kept_states s JOIN threads t ON t.id = s.thread_id
    WHERE s.thread_id = $1 AND s.run <= t.forgotten_run ORDER BY s.id LIMIT $2
);

-- name: forget_kept_packs_slice
DELETE FROM kept_packs WHERE id IN (
    SELECT p.id FROM kept_packs p JOIN threads t ON t.id = p.thread_id
    WHERE p.thread_id = $1 AND p.loose_at IS NOT NULL AND p.run <= t.forgotten_run ORDER BY p.id LIMIT $2
);

-- name: purge_copied_states
-- Copies that no sub-agent asked for.
DELETE FROM kept_states WHERE id = ANY (ARRAY (
    SELECT s.id FROM kept_states s WHERE s.call_id IS NOT NULL AND s.created_at < now() - interval '1 hour' AND (
        SELECT 1 FROM subagents a WHERE a.parent_id = s.thread_id AND a.parent_run = s.run AND a.call_id = s.call_id
    ) IS NULL ORDER BY s.id LIMIT $1
));

-- name: purge_kept_states
-- Of a conversation the newest stays for ever, those before it and those kept aside for two weeks; of a sub-agent that ended
-- none does.
DELETE FROM kept_states WHERE id = ANY (ARRAY (
    SELECT s.id FROM kept_states s WHERE s.created_at < now() - interval '14 days' AND s.call_id IS NULL AND (
        s.failed > 1 OR (SELECT 1 FROM threads t WHERE t.id = s.thread_id AND s.run <= t.clean_run) = 1
        OR (SELECT 1 FROM kept_states n WHERE n.thread_id = s.thread_id AND n.call_id IS NULL AND n.failed < 2
              AND n.undone IS NULL AND n.id > s.id AND n.created_at < now() - interval '1 hour' LIMIT 1) = 1
        OR (SELECT 1 FROM subagents a WHERE a.thread_id = s.thread_id AND a.state = 'finished'
              AND a.finished_at < now() - interval '14 days') = 1
    ) ORDER BY s.created_at LIMIT $1
));

-- name: purge_undone_states
-- A day after, nothing can be put back.
DELETE FROM kept_states WHERE id = ANY (ARRAY (
    SELECT s.id FROM kept_states s WHERE s.undone IS NOT NULL AND (
        SELECT 1 FROM undos u WHERE u.id = s.undone AND u.created_at > now() - interval '1 day'
    ) IS NULL ORDER BY s.id LIMIT $1
));

-- name: purge_kept_packs
-- Those that no state names: of uploads that broke off, and of states that went.
DELETE FROM kept_packs WHERE loose_at IS NOT NULL AND id = ANY (ARRAY (
    SELECT id FROM kept_packs WHERE loose_at < now() - interval '1 hour' ORDER BY loose_at LIMIT $1
));
