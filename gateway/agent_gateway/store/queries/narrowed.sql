-- name: narrow_services
-- Each wish has another time, so that whoever wrote the one before settles nothing that came after.
INSERT INTO thread_narrowed (thread_id, field, rules, due_at) VALUES ($1, $2, $3::jsonb, now())
ON CONFLICT (thread_id, field) DO UPDATE SET rules = EXCLUDED.rules,
    due_at = GREATEST(now(), thread_narrowed.due_at + interval '1 microsecond');

-- name: services_unwritten
SELECT field, rules FROM thread_narrowed WHERE thread_id = $1;

-- name: services_due
SELECT n.thread_id, t.name, n.field, n.rules, n.due_at FROM thread_narrowed n JOIN threads t ON t.id = n.thread_id
WHERE t.bot_id = $1 ORDER BY n.due_at LIMIT $2;

-- name: services_written
DELETE FROM thread_narrowed WHERE thread_id = $1 AND field = $2 AND due_at = $3;
