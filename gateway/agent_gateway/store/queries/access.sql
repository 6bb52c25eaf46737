-- name: allow
INSERT INTO allowed (bot_id, person_id, approved_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: disallow
DELETE FROM allowed WHERE bot_id = $1 AND person_id = $2 RETURNING person_id;

-- name: open_turns_of
SELECT t.thread_id, t.id FROM turns t JOIN threads h ON h.id = t.thread_id
WHERE h.bot_id = $1 AND t.person_id = $2 AND t.state IN ('queued', 'delivered', 'started') ORDER BY t.id;

-- name: add_pairing
INSERT INTO pairings (bot_id, code, person_id, topic_id) VALUES ($1, $2, $3, $4);

-- name: open_pairings
-- Newest first.
SELECT code, created_at FROM pairings WHERE bot_id = $1 AND person_id = $2 AND created_at > now() - interval '1 hour'
ORDER BY created_at DESC;

-- name: pairing
SELECT person_id, topic_id, created_at > now() - interval '1 hour' AS open FROM pairings
WHERE bot_id = $1 AND code = $2 FOR UPDATE;

-- name: drop_pairings
DELETE FROM pairings WHERE bot_id = $1 AND person_id = $2;

-- name: count_audit
SELECT count(*) FROM audit WHERE person_id = $1 AND action = $2 AND at > now() - make_interval(secs => $3);

-- name: open_work_in
-- From open runs and sub-agents, which are few, to their conversations.
SELECT thread_id, max(run) AS run FROM (
    SELECT thread_id, number AS run FROM runs WHERE state <> 'over'
    UNION ALL SELECT parent_id, NULL FROM subagents WHERE state <> 'finished' AND parent_id IS NOT NULL
) work CROSS JOIN LATERAL (
    SELECT 1 FROM threads WHERE id = work.thread_id AND bot_id = $1 AND chat_id = $2 AND kind = 'conversation' OFFSET 0
) h GROUP BY thread_id ORDER BY thread_id;

-- name: take_back_grants
DELETE FROM approvals WHERE person_id = $2 AND thread_id IN (SELECT id FROM threads WHERE bot_id = $1);

-- name: take_back_group_grants
-- What anybody allowed in a group's conversations.
DELETE FROM approvals WHERE thread_id = ANY (ARRAY (
    SELECT id FROM threads WHERE bot_id = $1 AND chat_id = $2 AND kind = 'conversation'
));

-- name: audit_page
-- The newest $3 behind $2, with the names that people bear now.
SELECT a.id, a.at, a.person_id, p.name, a.action, a.subject FROM (
    SELECT * FROM audit WHERE id < $2 ORDER BY id DESC LIMIT $3
) a LEFT JOIN people p ON p.bot_id = $1 AND p.person_id = a.person_id ORDER BY a.id DESC;

-- name: audit_page_of
-- The same of one person.
SELECT a.id, a.at, a.person_id, p.name, a.action, a.subject FROM (
    SELECT * FROM audit WHERE person_id = $4 AND id < $2 ORDER BY id DESC LIMIT $3
) a LEFT JOIN people p ON p.bot_id = $1 AND p.person_id = a.person_id ORDER BY a.id DESC;
