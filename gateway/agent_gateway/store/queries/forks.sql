-- name: line_before
-- The newest line up to one that is not undone; 0 where there is none.
SELECT COALESCE((
    SELECT ordinal FROM session_entries e WHERE e.session_id = $1 AND e.ordinal <= $2 AND NOT EXISTS (
        SELECT 1 FROM undos u WHERE u.session_id = e.session_id AND u.state = 'undone'
          AND e.ordinal > u.line_from AND e.ordinal <= u.line_to
    ) ORDER BY ordinal DESC LIMIT 1), 0);

-- name: turn_before_line
SELECT before_line FROM turns WHERE id = $1;

-- name: turn_files
-- Of a turn that has ended: `stored`, or none are kept; `coming`: they may still be; `late`: they should have been.
SELECT CASE WHEN r.state = 'over' OR r.kept_turn >= t.id THEN 'stored'
    WHEN COALESCE(t.ended_at, t.created_at) > now() - make_interval(secs => $2::float) THEN 'coming'
    WHEN r.kept_turn IS NULL THEN 'stored' ELSE 'late' END
FROM turns t JOIN runs r ON r.thread_id = t.thread_id AND r.number = t.run WHERE t.id = $1;

-- name: has_runs
SELECT EXISTS (SELECT 1 FROM runs WHERE thread_id = $1);

-- name: copy_settings
-- With the class of its AgentThread, where that is known.
UPDATE threads n SET model = o.model, thinking = o.thinking, verbosity = o.verbosity, forked_class = COALESCE(
    $3::text, (SELECT r.class_name FROM runs r WHERE r.thread_id = $1 AND r.class_name IS NOT NULL ORDER BY r.number DESC LIMIT 1), o.forked_class
) FROM threads o WHERE n.id = $2 AND o.id = $1;

-- name: copy_budget
-- What an administrator let the conversation spend.
INSERT INTO budgets (bot_id, scope, source, class_name, subject, money, tokens, set_by)
SELECT bot_id, scope, source, class_name, $2::bigint::text, money, tokens, set_by FROM budgets
WHERE bot_id = $3 AND scope = 'thread' AND source = 'chat' AND class_name = '' AND subject = $1::bigint::text
ON CONFLICT DO NOTHING;

-- name: copy_repository
-- The one that was chosen.
INSERT INTO thread_repositories (thread_id, connection, path, ref, chosen_by, state)
SELECT $2::bigint, connection, path, ref, chosen_by, state FROM thread_repositories WHERE thread_id = $1 AND connection IS NOT NULL
ON CONFLICT DO NOTHING;

-- name: copy_lines
-- Lines of a session into another, in their order; some of them ($4) read otherwise and follow another one.
INSERT INTO session_entries (session_id, ordinal, entry_id, line, kind, parent_id, refers, pictures)
SELECT $2, row_number() OVER (ORDER BY e.ordinal), e.entry_id, COALESCE(n.line, e.line), e.kind,
    CASE WHEN n.ordinal IS NULL THEN e.parent_id ELSE n.parent END, e.refers, e.pictures
FROM session_entries e LEFT JOIN unnest($4::integer[], $5::text[], $6::text[]) AS n (ordinal, line, parent) ON n.ordinal = e.ordinal
WHERE e.session_id = $1 AND e.ordinal = ANY ($3::integer[]);

-- name: copy_pictures
INSERT INTO pictures (session_id, hash, data) SELECT $2, hash, data FROM pictures
WHERE session_id = $1 AND hash = ANY ($3::text[]) ON CONFLICT DO NOTHING;

-- name: share_packs
-- What a state needs, named by another thread too; the contents stay where they are.
INSERT INTO kept_packs (thread_id, run, sha, bytes, held, loose_at, data_id)
SELECT $2, 1, p.sha, p.bytes, 0, NULL, COALESCE(p.data_id, p.id) FROM kept_packs p
WHERE p.id = ANY (ARRAY (SELECT unnest(packs) FROM kept_states WHERE id = $1)) AND p.bytes IS NOT NULL FOR SHARE OF p
RETURNING id;

-- name: fork_state
-- As the files are before the first run of the other thread.
INSERT INTO kept_states (thread_id, run, whole_id, packs, body, files, bytes, over, origin)
SELECT $2, 1, (SELECT n.id FROM kept_packs w JOIN kept_packs n ON n.thread_id = $2 AND n.sha = w.sha WHERE w.id = s.whole_id),
    ARRAY (SELECT n.id FROM kept_packs w JOIN kept_packs n ON n.thread_id = $2 AND n.sha = w.sha WHERE w.id = ANY (s.packs)),
    s.body, s.files, s.bytes, s.over, s.id
FROM kept_states s WHERE s.id = $1 RETURNING id, cardinality(packs) AS packs;

-- name: hold_state
SELECT cardinality(packs) AS packs FROM kept_states WHERE id = $1 FOR SHARE;
