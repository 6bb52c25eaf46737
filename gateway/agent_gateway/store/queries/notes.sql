-- name: notes_of
-- The notes that hold in a conversation, the newest $3 of each kind: its own, its chat's, and in a private chat the person's.
SELECT n.*, p.name, h.title FROM threads t CROSS JOIN LATERAL (
    (SELECT * FROM notes WHERE thread_id = t.id AND scope = 'conversation' ORDER BY id DESC LIMIT $3)
    UNION ALL (SELECT * FROM notes WHERE bot_id = t.bot_id AND chat_id = t.chat_id AND scope = 'chat' ORDER BY id DESC LIMIT $3)
    UNION ALL (
        SELECT * FROM notes WHERE bot_id = t.bot_id AND person_id = t.chat_id AND scope = 'person' ORDER BY id DESC LIMIT $3
    )
) n JOIN threads h ON h.id = n.thread_id LEFT JOIN people p ON p.bot_id = n.bot_id AND p.person_id = n.person_id
WHERE t.id = $2 AND t.bot_id = $1 AND t.kind = 'conversation' ORDER BY n.id DESC;

-- name: add_note
-- Unless the conversation, chat or person has $6 of them, or this call noted it before.
INSERT INTO notes (bot_id, scope, thread_id, chat_id, person_id, text, call_id)
SELECT t.bot_id, $2, t.id, t.chat_id, $3, $4, $5 FROM threads t WHERE t.id = $1 AND (
    SELECT count(*) FROM (
        (SELECT 1 FROM notes n WHERE $2 = 'conversation' AND n.thread_id = t.id AND n.scope = 'conversation' LIMIT $6)
        UNION ALL
        (SELECT 1 FROM notes n WHERE $2 = 'chat' AND n.bot_id = t.bot_id AND n.chat_id = t.chat_id AND n.scope = 'chat' LIMIT $6)
        UNION ALL
        (SELECT 1 FROM notes n WHERE $2 = 'person' AND n.bot_id = t.bot_id AND n.person_id = $3 AND n.scope = 'person' LIMIT $6)
    ) there
) < $6 ON CONFLICT DO NOTHING RETURNING id;

-- name: note_of_call
SELECT id FROM notes WHERE thread_id = $1 AND call_id = $2;

-- name: widen_note
-- Of the chat that its conversation is in now: a group may have another id than when it was noted.
UPDATE notes n SET scope = $2, chat_id = t.chat_id FROM threads t WHERE n.id = $1 AND t.id = n.thread_id;

-- name: delete_note
DELETE FROM notes WHERE id = $1;

-- name: forget_notes
-- All that was noted in a conversation, whomever it is for.
DELETE FROM notes WHERE thread_id = $1;

-- name: forget_told
DELETE FROM notes_told WHERE thread_id = $1;

-- name: notes_told
-- What stood in a turn that was taken back or came to nothing, the session does not hold.
SELECT session_id, turn_id, told_at > now() - interval '1 day' AS lately, CASE WHEN EXISTS (
    SELECT FROM turns t WHERE t.id = n.turn_id AND (t.undone IS NOT NULL OR t.state IN ('failed', 'cancelled'))
) THEN 'lost' ELSE digest END AS digest FROM notes_told n WHERE thread_id = $1;

-- name: note_told
INSERT INTO notes_told (thread_id, session_id, turn_id, digest) VALUES ($1, $2, $3, $4)
ON CONFLICT (thread_id) DO UPDATE SET session_id = $2, turn_id = $3, digest = $4, told_at = now();

-- name: move_notes
UPDATE notes SET chat_id = $3 WHERE bot_id = $1 AND chat_id = $2 AND scope = 'chat';

-- name: hand_notes_over
UPDATE notes SET thread_id = $2 WHERE thread_id = $1;
