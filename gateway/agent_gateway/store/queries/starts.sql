-- name: session_end
-- The newest line that is not undone; NULL where there is none.
SELECT ordinal FROM session_entries e WHERE e.session_id = $1 AND NOT EXISTS (
    SELECT 1 FROM undos u WHERE u.session_id = e.session_id AND u.state = 'undone'
      AND e.ordinal > u.line_from AND e.ordinal <= u.line_to
) ORDER BY ordinal DESC LIMIT 1;

-- name: session_steps
-- The next older lines, the newest first, without their text.
SELECT ordinal, entry_id, octet_length(line) AS bytes, kind, parent_id, refers, pictures FROM session_entries
WHERE session_id = $1 AND ordinal < $2 ORDER BY ordinal DESC LIMIT $3;

-- name: session_heads
SELECT ordinal, left(line, $3::integer) AS head FROM session_entries WHERE session_id = $1 AND ordinal = ANY ($2::integer[]);

-- name: session_setting
-- The newest line of a kind before another that is not undone.
SELECT ordinal, entry_id, octet_length(line) AS bytes, kind, parent_id, refers, pictures FROM session_entries e
WHERE session_id = $1 AND kind = $2 AND kind IN ('model_change', 'thinking_level_change') AND ordinal < $3 AND NOT EXISTS (
    SELECT 1 FROM undos u WHERE u.session_id = e.session_id AND u.state = 'undone'
      AND e.ordinal > u.line_from AND e.ordinal <= u.line_to)
ORDER BY ordinal DESC LIMIT 1;

-- name: session_lines
SELECT ordinal, line FROM session_entries WHERE session_id = $1 AND ordinal = ANY ($2::integer[]) ORDER BY ordinal;

-- name: session_piece
SELECT substring(line FROM $3::integer FOR $4::integer) FROM session_entries WHERE session_id = $1 AND ordinal = $2;

-- name: know_lines
-- Of lines that an earlier release stored.
UPDATE session_entries e SET kind = new.kind, parent_id = new.parent, refers = new.refers,
    pictures = CASE WHEN octet_length(e.line) < $6 THEN '{}' ELSE e.pictures END
FROM unnest($2::integer[], $3::text[], $4::text[], $5::text[]) AS new (ordinal, kind, parent, refers)
WHERE e.session_id = $1 AND e.ordinal = new.ordinal;

-- name: put_apart
-- A line that an earlier release stored, with its pictures beside it from now on.
UPDATE session_entries SET line = $3, pictures = $4::text[]
WHERE session_id = $1 AND ordinal = $2 AND pictures IS NULL;

-- name: add_pictures
-- Those that are not there yet; returns how many bytes that takes, 200 for each besides its own.
WITH stored AS (
    INSERT INTO pictures (session_id, hash, data)
    SELECT $1, hash, data FROM unnest($2::text[], $3::bytea[]) AS new (hash, data)
    WHERE EXISTS (SELECT 1 FROM threads t WHERE t.id = $4 AND GREATEST(t.forgotten_run, t.undone_run) < $5)
    ON CONFLICT (session_id, hash) DO NOTHING RETURNING octet_length(data) + 200 AS bytes
)
SELECT COALESCE(sum(bytes), 0)::bigint FROM stored;

-- name: drop_old_pictures
-- The oldest ones beyond so many bytes; returns how many bytes went.
WITH old AS (
    SELECT hash FROM (
        SELECT hash, sum(octet_length(data) + 200) OVER (ORDER BY id DESC) AS until FROM pictures WHERE session_id = $1
    ) sized WHERE until > $2
), gone AS (
    DELETE FROM pictures WHERE session_id = $1 AND hash = ANY (ARRAY (SELECT hash FROM old))
    RETURNING octet_length(data) + 200 AS bytes
)
SELECT COALESCE(sum(bytes), 0)::bigint FROM gone;

-- name: known_pictures
SELECT COALESCE(sum(octet_length(data) + 200), 0)::bigint FROM pictures WHERE session_id = $1 AND hash = ANY ($2::text[]);

-- name: picture_sizes
SELECT hash, octet_length(data) AS bytes FROM pictures WHERE session_id = $1 AND hash = ANY ($2::text[]);

-- name: picture_piece
SELECT substring(data FROM $3::integer FOR $4::integer) FROM pictures WHERE session_id = $1 AND hash = $2;
