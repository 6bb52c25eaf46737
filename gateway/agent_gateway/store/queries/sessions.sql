-- name: add_entries
-- Ordinals go on from the last; an entry that is stored already is passed over, as is what a run still sends that was
-- forgotten or undone.
-- Returns how many bytes that takes, 200 for each line besides its own.
WITH stored AS (
    INSERT INTO session_entries (session_id, ordinal, entry_id, line, kind, parent_id, refers, pictures)
    SELECT $1, (SELECT COALESCE(max(ordinal), 0) FROM session_entries WHERE session_id = $1) + row_number() OVER (ORDER BY n),
        id, line, kind, parent, refers, ARRAY (SELECT jsonb_array_elements_text(pictures))
    FROM unnest($2::text[], $3::text[], $6::text[], $7::text[], $8::text[], $9::jsonb[])
        WITH ORDINALITY AS new (id, line, kind, parent, refers, pictures, n)
    WHERE NOT EXISTS (SELECT 1 FROM session_entries e WHERE e.session_id = $1 AND e.entry_id = new.id)
      AND EXISTS (SELECT 1 FROM threads t WHERE t.id = $4 AND GREATEST(t.forgotten_run, t.undone_run) < $5)
    ON CONFLICT (session_id, entry_id) DO NOTHING RETURNING octet_length(line) + 200 AS bytes
)
SELECT COALESCE(sum(bytes), 0)::bigint FROM stored;

-- name: lock_session
SELECT pg_advisory_xact_lock(hashtextextended($1::text, 7));

-- name: add_usage
INSERT INTO usage (thread_id, run, turn_id, provider, model, input, output, cached, status, milliseconds)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: add_audit
INSERT INTO audit (person_id, action, subject) VALUES ($1, $2, $3);
