-- name: person_private
-- The first $3 private conversations of a person of which anything is still there: words, what the agent remembers, files, also
-- those that were sent. Of one that is being forgotten words alone count, as the rest goes.
SELECT t.* FROM threads t WHERE t.bot_id = $1 AND t.chat_id = $2 AND t.kind = 'conversation' AND (
    (SELECT 1 FROM turns u WHERE u.thread_id = t.id AND u.id > t.emptied_turn LIMIT 1) = 1
    OR ((SELECT 1 FROM jobs j WHERE j.thread_id = t.id AND j.state = 'due' AND j.kind = 'forget' LIMIT 1) IS NULL AND (
        (SELECT 1 FROM session_entries e WHERE e.session_id = t.session_id LIMIT 1) = 1
        OR (SELECT 1 FROM past_sessions p WHERE p.thread_id = t.id LIMIT 1) = 1
        OR (SELECT 1 FROM kept_states k WHERE k.thread_id = t.id LIMIT 1) = 1
        OR (SELECT 1 FROM workspaces w WHERE w.thread_id = t.id LIMIT 1) = 1
        OR (SELECT 1 FROM files f WHERE f.thread_id = t.id LIMIT 1) = 1
    )))
ORDER BY COALESCE(t.topic_id, 0) LIMIT $3;

-- name: person_busy
SELECT EXISTS (SELECT FROM turns WHERE person_id = $1 AND state IN ('queued', 'delivered', 'started'));

-- name: person_end
-- Every turn till now.
SELECT COALESCE(max(id), 0) FROM turns;

-- name: person_groups
-- The next $4 questions of a person behind one of them, and up to $3; those asked in groups that have ended are due.
SELECT t.id, t.text, t.before_session, t.before_line, h.chat_id <> $1 AND t.state IN ('done', 'failed', 'cancelled') AS due
FROM (
    SELECT * FROM turns WHERE person_id IS NOT NULL AND (person_id, id) > ($1, $2::bigint) AND (person_id, id) <= ($1, $3::bigint)
    ORDER BY person_id, id LIMIT $4
) t CROSS JOIN LATERAL (SELECT chat_id FROM threads WHERE id = t.thread_id OFFSET 0) h ORDER BY t.id;

-- name: person_said
-- The same with what they wrote, for the person to keep; not what others wrote into the answer while it ran.
SELECT t.id, m.created_at AS at, h.title, m.text FROM (
    SELECT u.id, u.thread_id FROM turns u
    WHERE u.person_id IS NOT NULL AND (u.person_id, u.id) > ($1, $2::bigint) AND (u.person_id, u.id) <= ($1, $3::bigint)
    ORDER BY u.person_id, u.id LIMIT $4
) t CROSS JOIN LATERAL (SELECT chat_id, title FROM threads WHERE id = t.thread_id OFFSET 0) h
LEFT JOIN LATERAL (
    SELECT w.id, w.created_at, w.text FROM messages w WHERE w.turn_id = t.id AND w.role = 'user' AND h.chat_id <> $1 AND NOT EXISTS (
        SELECT FROM steers s WHERE s.turn_id = t.id AND s.person_id <> $1 AND s.text = w.text
    ) OFFSET 0
) m ON true ORDER BY t.id, m.id;

-- name: person_messages
-- But not what others wrote into the answer while it ran.
DELETE FROM messages m WHERE m.turn_id = ANY ($1::bigint[]) AND m.role = 'user' AND NOT EXISTS (
    SELECT FROM steers s WHERE s.turn_id = m.turn_id AND s.person_id <> $2 AND s.text = m.text
);

-- name: person_steers
DELETE FROM steers WHERE turn_id = ANY ($1::bigint[]) AND person_id = $2;

-- name: person_lines
-- The lines that came first after each of some places in sessions.
SELECT s.turn_id, e.session_id, e.ordinal, e.line, e.pictures
FROM unnest($1::bigint[], $2::uuid[], $3::integer[]) AS s (turn_id, session_id, line)
CROSS JOIN LATERAL (
    SELECT * FROM session_entries e WHERE e.session_id = s.session_id AND e.ordinal > s.line ORDER BY e.ordinal LIMIT 8
) e ORDER BY s.turn_id, e.ordinal;

-- name: person_blank_line
UPDATE session_entries SET line = $3, pictures = NULL WHERE session_id = $1 AND ordinal = $2;

-- name: person_pictures
DELETE FROM pictures WHERE session_id = $1 AND hash = ANY ($2::text[]);

-- name: person_notes
-- What a person noted, and where it holds.
SELECT id, scope, chat_id, text, created_at FROM notes WHERE bot_id = $1 AND person_id = $2 ORDER BY id LIMIT $3;

-- name: person_notes_gone
-- Their own, and all of their private chat. What they noted for a group stays there, without them.
DELETE FROM notes WHERE bot_id = $1 AND person_id = $2 AND (scope = 'person' OR chat_id = $2);

-- name: person_notes_unnamed
UPDATE notes SET person_id = NULL WHERE bot_id = $1 AND person_id = $2;

-- name: person_schedules
WITH own AS MATERIALIZED (SELECT * FROM schedules WHERE bot_id = $1 AND person_id = $2)
SELECT * FROM own WHERE state IN ('wanted', 'live') ORDER BY id LIMIT $3;

-- name: person_schedules_gone
UPDATE schedules SET wish = CASE WHEN state = 'gone' THEN wish ELSE 'delete' END, state = 'gone', next_at = NULL, said = '',
    spec = jsonb_set(spec, '{prompt}', '"-"'), created_at = now(), person_id = NULL
WHERE bot_id = $1 AND person_id = $2 AND state <> 'draft';

-- name: person_drafts
DELETE FROM schedules WHERE bot_id = $1 AND person_id = $2 AND state = 'draft';

-- name: person_unknown
DELETE FROM people WHERE bot_id = $1 AND person_id = $2;

-- name: person_asked_in
-- The name with which they asked to be let in; that it was decided stays.
UPDATE access_requests SET name = '' WHERE bot_id = $1 AND asked_by = $2 AND state <> 'asked';
