-- name: console_thread
-- A conversation of this bot by the name of its AgentThread.
SELECT * FROM threads WHERE name = $1 AND kind = 'conversation' AND bot_id = $2;

-- name: console_request
SELECT action, thread_id, turn_id, stopped FROM console_requests WHERE bot_id = $1 AND request = $2;

-- name: add_console_request
-- Of two at once the second waits for the first, and finds it.
INSERT INTO console_requests (bot_id, request, thread_id, action, person, credential) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING 1;

-- name: end_console_request
UPDATE console_requests SET turn_id = $3, stopped = $4 WHERE bot_id = $1 AND request = $2;

-- name: count_console_requests
-- Of a person within an hour, up to a bound.
SELECT count(*) FROM (
    SELECT 1 FROM console_requests WHERE bot_id = $1 AND person = $2 AND asked_at > now() - interval '1 hour' LIMIT $3
) asked;

-- name: console_marks
-- What changes whenever there is more to tell of the newest turns.
SELECT t.id, t.state, v.updated_at FROM turns t LEFT JOIN turn_views v ON v.turn_id = t.id AND t.ended_at IS NULL
WHERE t.thread_id = $1 ORDER BY t.id DESC LIMIT $2;

-- name: console_turns
-- The newest turns of a conversation from one on, newest first, with what stands of their answers: of one that ended what
-- was said, else its progress. Nothing of what is being forgotten.
SELECT t.id, t.state, t.reason, t.run, t.created_at, t.started_at, t.ended_at, r.person, COALESCE(v.messages, '[]') AS messages,
    ARRAY (SELECT m.text FROM messages m WHERE m.turn_id = t.id AND m.role = 'assistant' ORDER BY m.id LIMIT 4) AS said,
    u.state AS tools
FROM (
    SELECT * FROM turns WHERE thread_id = $1 AND id >= $2 ORDER BY id DESC LIMIT $3
) t
LEFT JOIN turn_views v ON v.turn_id = t.id AND t.ended_at IS NULL
LEFT JOIN turn_tools u ON u.turn_id = t.id
LEFT JOIN console_requests r ON r.turn_id = t.id
WHERE t.id > COALESCE((
    SELECT max((progress -> 'limits' ->> 'turn')::bigint) FROM jobs WHERE thread_id = $1 AND state = 'due' AND kind = 'forget'
), 0) ORDER BY t.id DESC;

-- name: console_messages
-- What was said before message $2, the newest $3, oldest first: as many of them as have $4 bytes. Nothing of what is being forgotten.
SELECT m.id, m.created_at, m.role, m.turn_id, m.text, t.person_id, r.person, t.undone IS NOT NULL AS undone FROM (
    SELECT id, sum(octet_length(text)) OVER (ORDER BY id DESC) - octet_length(text) AS before FROM (
        SELECT id, text FROM messages WHERE thread_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
    ) newest
) page JOIN messages m ON m.id = page.id LEFT JOIN turns t ON t.id = m.turn_id
LEFT JOIN console_requests r ON r.turn_id = m.turn_id
WHERE page.before < $4 AND page.id > COALESCE((
    SELECT max((progress -> 'limits' ->> 'message')::bigint) FROM jobs WHERE thread_id = $1 AND state = 'due' AND kind = 'forget'
), 0) ORDER BY m.id;

-- name: console_asked
-- What people of a conversation are asked, oldest first.
SELECT kind, expires_at FROM decisions WHERE thread_id = $1 AND state = 'asked' ORDER BY id LIMIT 5;

-- name: console_last
-- How the last turn that ended did; of those under way there are few.
SELECT state, reason, ended_at FROM (
    SELECT state, reason, ended_at FROM turns WHERE thread_id = $1 ORDER BY id DESC LIMIT 100
) newest WHERE ended_at IS NOT NULL LIMIT 1;

-- name: purge_console_requests
-- For a month nothing is carried out twice. Who spoke stands in the audit for good.
DELETE FROM console_requests WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM console_requests WHERE asked_at < now() - interval '30 days' ORDER BY asked_at LIMIT $1
));
