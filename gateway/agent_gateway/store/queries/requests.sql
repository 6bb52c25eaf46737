-- name: hold_requests
-- One at a time, so that their number is bounded.
SELECT pg_advisory_xact_lock(hashtext('openclaw-access-requests')::bigint);

-- name: expire_request
-- One that nobody decided in a week may be made anew.
UPDATE access_requests SET state = 'later', ended_at = now()
WHERE bot_id = $1 AND subject_id = $2 AND state = 'asked' AND created_at < now() - interval '7 days';

-- name: request_standing
-- Whether one waits, or was refused for good; the newest of a day.
SELECT state FROM access_requests
WHERE bot_id = $1 AND subject_id = $2 AND (state IN ('asked', 'never') OR created_at > now() - interval '1 day')
ORDER BY state = 'never' DESC, created_at DESC LIMIT 1;

-- name: add_request
-- At most $8 wait, and one a day is made by a person, and for a person or group.
INSERT INTO access_requests (bot_id, subject_id, asked_by, chat_id, topic_id, name, language)
SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (
    SELECT count(*) FROM access_requests WHERE bot_id = $1 AND state = 'asked' AND created_at > now() - interval '7 days'
) < $8::int AND NOT EXISTS (
    SELECT 1 FROM access_requests WHERE bot_id = $1 AND asked_by = $3 AND created_at > now() - interval '1 day'
) AND NOT EXISTS (
    SELECT 1 FROM access_requests WHERE bot_id = $1 AND subject_id = $2
      AND (state = 'never' OR created_at > now() - interval '1 day')
)
ON CONFLICT DO NOTHING RETURNING *;

-- name: lock_request
SELECT * FROM access_requests WHERE id = $1 AND bot_id = $2 FOR UPDATE;

-- name: end_request
UPDATE access_requests SET state = $2, decided_by = $3, ended_at = now() WHERE id = $1;

-- name: reopen_request
-- Who is let in is kept out no more; what waits is decided by that.
UPDATE access_requests SET state = 'allowed', ended_at = now()
WHERE bot_id = $1 AND subject_id = $2 AND state IN ('asked', 'never');

-- name: note_private
-- In which language an administrator writes to the bot in private.
INSERT INTO private_chats (bot_id, person_id, language) VALUES ($1, $2, $3)
ON CONFLICT (bot_id, person_id) DO UPDATE SET language = EXCLUDED.language
WHERE private_chats.language <> EXCLUDED.language;

-- name: private_chats
-- Those of these people who have one with the bot.
SELECT a.id, COALESCE(p.language, '') AS language FROM unnest($2::bigint[]) a (id)
LEFT JOIN private_chats p ON p.bot_id = $1 AND p.person_id = a.id
WHERE p.person_id IS NOT NULL OR EXISTS (
    SELECT 1 FROM threads t WHERE t.bot_id = $1 AND t.chat_id = a.id AND t.kind = 'conversation' AND t.place = 'open'
) ORDER BY a.id;

-- name: retell
-- What waits to be said says this instead.
UPDATE outbox SET text = $2, buttons = '[]' WHERE dedupe_key = $1 AND state IN ('pending', 'held') RETURNING id;

-- name: add_invitation
INSERT INTO invitations (bot_id, code, created_by)
SELECT $1, $2, $3 WHERE (
    SELECT count(*) FROM invitations WHERE bot_id = $1 AND created_at > now() - interval '1 day'
) < $4::int RETURNING code;

-- name: take_invitation
DELETE FROM invitations WHERE bot_id = $1 AND code = $2 AND created_at > now() - interval '1 day' RETURNING created_by;

-- name: is_moved_here
SELECT 1 FROM chat_aliases WHERE bot_id = $1 AND moved_to = $2 LIMIT 1;

-- name: open_turns_in
-- From the open turns, which are few, to their threads.
SELECT t.thread_id, t.id FROM turns t CROSS JOIN LATERAL (
    SELECT 1 FROM threads WHERE id = t.thread_id AND bot_id = $1 AND chat_id = $2 AND kind = 'conversation' OFFSET 0
) h WHERE t.state IN ('queued', 'delivered', 'started') ORDER BY t.id;
