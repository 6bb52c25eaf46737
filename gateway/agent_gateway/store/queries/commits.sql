-- name: asked_by
-- The turn that a sub-agent works for is its parent's, and so on upwards; the topmost one that a person asked counts.
WITH RECURSIVE up AS (
    SELECT t.id, t.thread_id, t.person_id, t.message_id, 0 AS height FROM turns t WHERE t.id = $1
    UNION ALL
    SELECT p.id, p.thread_id, p.person_id, p.message_id, u.height + 1
    FROM up u JOIN subagents s ON s.thread_id = u.thread_id JOIN turns p ON p.id = s.turn_id WHERE u.height < 8
), top AS (SELECT * FROM up ORDER BY person_id IS NULL, height DESC LIMIT 1), said AS (
    SELECT person_id, 0 AS place FROM top
    UNION ALL
    SELECT s.person_id, min(s.id) FROM steers s JOIN top ON top.id = s.turn_id
    WHERE s.kind = 'steer' AND s.state IN ('wanted', 'read') AND s.person_id IS DISTINCT FROM top.person_id
    GROUP BY s.person_id
)
SELECT h.bot_id, h.chat_id, h.topic_id, top.message_id, said.person_id, p.name,
    (SELECT a.email FROM linked_accounts a WHERE a.bot_id = h.bot_id AND a.person_id = said.person_id AND a.email <> ''
     ORDER BY a.linked_at LIMIT 1) AS email
FROM top JOIN threads h ON h.id = top.thread_id CROSS JOIN said
LEFT JOIN people p ON p.bot_id = h.bot_id AND p.person_id = said.person_id
ORDER BY said.place LIMIT 17;
