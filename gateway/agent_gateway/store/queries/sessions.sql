-- name: session_length
SELECT count(*) FROM session_entries WHERE session_id = $1;

-- name: session_page
-- The next lines, until they have so many bytes.
SELECT ordinal, line FROM (
    SELECT ordinal, line, sum(octet_length(line)) OVER (ORDER BY ordinal) - octet_length(line) AS before
    FROM session_entries WHERE session_id = $1 AND ordinal > $2 ORDER BY ordinal LIMIT 200
) page WHERE before < $3 ORDER BY ordinal;

-- name: add_entries
-- Ordinals go on from the last; an entry that is stored already is passed over, as is what a forgotten run still sends.
INSERT INTO session_entries (session_id, ordinal, entry_id, line)
SELECT $1, (SELECT COALESCE(max(ordinal), 0) FROM session_entries WHERE session_id = $1) + row_number() OVER (ORDER BY n), id, line
FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS new (id, line, n)
WHERE NOT EXISTS (SELECT 1 FROM session_entries e WHERE e.session_id = $1 AND e.entry_id = new.id)
  AND EXISTS (SELECT 1 FROM threads t WHERE t.id = $4 AND t.forgotten_run < $5)
ON CONFLICT (session_id, entry_id) DO NOTHING;

-- name: lock_session
SELECT pg_advisory_xact_lock(hashtextextended($1::text, 7));

-- name: add_usage
INSERT INTO usage (thread_id, run, turn_id, provider, model, input, output, cached, status, milliseconds)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: add_audit
INSERT INTO audit (person_id, action, subject) VALUES ($1, $2, $3);
