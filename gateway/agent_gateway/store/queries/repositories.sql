-- name: chosen_repository
SELECT connection, path, ref, state FROM thread_repositories WHERE thread_id = $1 AND connection IS NOT NULL;

-- name: choose_repository
INSERT INTO thread_repositories (thread_id, connection, path, ref, chosen_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (thread_id) DO UPDATE
SET connection = EXCLUDED.connection, path = EXCLUDED.path, ref = EXCLUDED.ref, chosen_by = EXCLUDED.chosen_by, state = 'wanted';

-- name: settle_repository
-- As a runner tells it of the one that is chosen.
UPDATE thread_repositories SET state = $5 WHERE thread_id = $1 AND connection = $2 AND path = $3 AND ref = $4;

-- name: offer_repositories
INSERT INTO thread_repositories (thread_id, offered) VALUES ($1, $2::jsonb)
ON CONFLICT (thread_id) DO UPDATE SET offered = EXCLUDED.offered;

-- name: offered_repositories
SELECT offered FROM thread_repositories WHERE thread_id = $1;

-- name: narrow_repositories
-- Each wish has another time, so that whoever wrote the one before settles nothing that came after.
INSERT INTO thread_repositories (thread_id, rules, rules_due) VALUES ($1, $2::jsonb, now())
ON CONFLICT (thread_id) DO UPDATE SET rules = EXCLUDED.rules,
    rules_due = GREATEST(now(), thread_repositories.rules_due + interval '1 microsecond');

-- name: narrowed_due
SELECT r.thread_id, t.name, r.rules, r.rules_due FROM thread_repositories r JOIN threads t ON t.id = r.thread_id
WHERE t.bot_id = $1 AND r.rules_due IS NOT NULL ORDER BY r.rules_due LIMIT $2;

-- name: narrowed_written
UPDATE thread_repositories SET rules_due = NULL WHERE thread_id = $1 AND rules_due = $2;

-- name: narrowed_unwritten
SELECT rules FROM thread_repositories WHERE thread_id = $1 AND rules_due IS NOT NULL;
