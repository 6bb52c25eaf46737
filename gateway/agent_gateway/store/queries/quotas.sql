-- name: root_of
-- The conversation that a sub-agent works for, however deep; a thread without a parent is its own.
WITH RECURSIVE up AS (
    SELECT $1::bigint AS id, 0 AS height
    UNION ALL SELECT s.parent_id, up.height + 1 FROM up JOIN subagents s ON s.thread_id = up.id
    WHERE s.parent_id IS NOT NULL AND up.height < 16
)
SELECT id FROM up ORDER BY height DESC LIMIT 1;

-- name: count_lines
-- A row as its lines and pictures say; where one stands it is left. Each takes 200 bytes of its table and indexes besides its own.
WITH RECURSIVE below AS (
    SELECT $1::bigint AS id UNION SELECT s.thread_id FROM subagents s JOIN below b ON s.parent_id = b.id
), sessions AS (
    SELECT t.session_id FROM below b CROSS JOIN LATERAL (SELECT session_id FROM threads WHERE id = b.id OFFSET 0) t
    UNION SELECT p.session_id FROM below b
    CROSS JOIN LATERAL (SELECT session_id FROM past_sessions WHERE thread_id = b.id OFFSET 0) p
)
INSERT INTO quotas (thread_id, session_id, session_bytes, family_bytes)
SELECT t.id, t.session_id,
    (SELECT COALESCE(sum(octet_length(line) + 200), 0) FROM session_entries WHERE session_id = t.session_id)
        + (SELECT COALESCE(sum(octet_length(data) + 200), 0) FROM pictures WHERE session_id = t.session_id),
    (SELECT COALESCE(sum(l.bytes), 0) FROM sessions s CROSS JOIN LATERAL (
        SELECT sum(octet_length(line) + 200) AS bytes FROM session_entries WHERE session_id = s.session_id
        UNION ALL SELECT sum(octet_length(data) + 200) FROM pictures WHERE session_id = s.session_id OFFSET 0) l)
FROM threads t WHERE t.id = $1 ON CONFLICT (thread_id) DO NOTHING;

-- name: charge_lines
-- $5: bytes, fewer than none to give some back. The row is held until the transaction ends.
UPDATE quotas SET session_id = $2, session_bytes = CASE WHEN session_id = $2 THEN session_bytes ELSE 0 END + $5,
    run = $3, run_bytes = CASE WHEN run = $3 THEN run_bytes ELSE 0 END + $5,
    turn_id = $4, turn_bytes = CASE WHEN turn_id IS NOT DISTINCT FROM $4 THEN turn_bytes ELSE 0 END + $5,
    family_bytes = family_bytes + $5, updated_at = now()
WHERE thread_id = $1 RETURNING session_bytes, run_bytes, turn_bytes, family_bytes;

-- name: give_lines_back
-- Of what a session holds, with its conversation; what its turn and run have written stays.
UPDATE quotas SET session_bytes = session_bytes - $2, family_bytes = family_bytes - $2 WHERE thread_id = $1;

-- name: charge_family
UPDATE quotas SET family_bytes = family_bytes + $2, updated_at = now() WHERE thread_id = $1 RETURNING family_bytes;

-- name: known_bytes
-- Of lines that are stored already: they came again.
SELECT COALESCE(sum(octet_length(new.line) + 200), 0) FROM unnest($2::text[], $3::text[]) AS new (id, line)
WHERE EXISTS (SELECT 1 FROM session_entries e WHERE e.session_id = $1 AND e.entry_id = new.id);

-- name: drop_root_quotas
-- Of threads, and of the conversations that sub-agents work for: they are counted anew when something is added.
WITH RECURSIVE up AS (
    SELECT unnest($1::bigint[]) AS id
    UNION SELECT s.parent_id FROM up JOIN subagents s ON s.thread_id = up.id WHERE s.parent_id IS NOT NULL
)
DELETE FROM quotas WHERE thread_id = ANY (ARRAY (SELECT id FROM up));

-- name: hold_quotas
-- Whoever reserves room for files does it one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('openclaw-quotas', 0));

-- name: copies_held
SELECT COALESCE(sum(held), 0)::bigint FROM workspaces WHERE root_id = $1 AND call_id IS NOT NULL;

-- name: files_held
SELECT COALESCE(sum(held), 0)::bigint FROM files WHERE root_id = $1 AND held > 0;

-- name: hold_workspace
UPDATE workspaces SET held = $2 WHERE id = $1 AND bytes IS NULL RETURNING id;

-- name: hold_file
UPDATE files SET held = $2 WHERE id = $1 AND bytes IS NULL RETURNING id;

-- name: copy_slots
-- Sub-agents of the running turn, and copies of its run for which none was asked yet, but for this call; NULL where no turn runs.
SELECT (SELECT count(*) FROM subagents s WHERE s.parent_id = $1 AND s.parent_run = $2 AND s.turn_id = t.id)
     + (SELECT count(*) FROM workspaces w WHERE w.thread_id = $1 AND w.run = $2 AND w.call_id <> $3
            AND w.created_at >= t.delivered_at AND NOT EXISTS (
            SELECT 1 FROM subagents s WHERE s.parent_id = w.thread_id AND s.parent_run = w.run AND s.call_id = w.call_id))
     + (SELECT count(*) FROM kept_states k WHERE k.thread_id = $1 AND k.run = $2 AND k.call_id <> $3
            AND k.created_at >= t.delivered_at AND NOT EXISTS (
            SELECT 1 FROM subagents s WHERE s.parent_id = k.thread_id AND s.parent_run = k.run AND s.call_id = k.call_id))
FROM turns t WHERE t.thread_id = $1 AND t.run = $2 AND t.state IN ('delivered', 'started');

-- name: database_use
-- Bytes that are in use, or reserved. Of the tables of files not their size, which does not shrink, but what their rows
-- stand for, and what was deleted and is not room again yet: a stored piece of a row has 2 kB.
SELECT pg_database_size(current_database())
    - pg_total_relation_size('workspace_chunks') - pg_total_relation_size('file_chunks')
    - pg_total_relation_size('kept_pack_rows') + (SELECT COALESCE(sum(bytes), 0) FROM kept_rooms)::bigint
    + (SELECT COALESCE(sum(held), 0) FROM workspaces WHERE held > 0)::bigint + (SELECT COALESCE(sum(held), 0) FROM files WHERE held > 0)::bigint
    + (SELECT COALESCE(sum(pg_stat_get_dead_tuples(c.reltoastrelid)), 0) * 2048 FROM pg_class c
       WHERE c.oid IN ('workspace_chunks'::regclass, 'file_chunks'::regclass, 'kept_pack_rows'::regclass))::bigint;

-- name: fullness
SELECT level FROM fullness WHERE bot_id = $1;

-- name: set_fullness
-- Once for each change; when it was is part of what the telling is known by.
INSERT INTO fullness AS f (bot_id, level) VALUES ($1, $2)
ON CONFLICT (bot_id) DO UPDATE SET level = $2, since = now() WHERE f.level <> $2
RETURNING (extract(epoch FROM since) * 1000000)::bigint;

