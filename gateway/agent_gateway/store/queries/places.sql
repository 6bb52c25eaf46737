-- name: set_place
-- Of one topic or, with $4, of a whole chat.
UPDATE threads SET place = $5, place_why = $6, place_at = now()
WHERE bot_id = $1 AND chat_id = $2 AND kind = 'conversation'
  AND COALESCE(topic_id, 0) BETWEEN CASE WHEN $4::boolean THEN 0 ELSE COALESCE($3, 0) END
      AND CASE WHEN $4 THEN 9223372036854775807 ELSE COALESCE($3, 0) END
  AND place = ANY ($7::text[]) AND ($8::text IS NULL OR place_why = $8)
RETURNING *;

-- name: lock_place_runs
-- The runs' rows first, as a delivery locks them first too.
SELECT r.number FROM runs r JOIN threads t ON t.id = r.thread_id
WHERE t.bot_id = $1 AND t.chat_id = $2 AND t.kind = 'conversation'
  AND COALESCE(t.topic_id, 0) BETWEEN CASE WHEN $4::boolean THEN 0 ELSE COALESCE($3, 0) END
      AND CASE WHEN $4 THEN 9223372036854775807 ELSE COALESCE($3, 0) END
  AND r.state <> 'over' ORDER BY r.thread_id FOR UPDATE OF r;

-- name: cancel_queued_before
-- What was written after the update that tells of the end is for what comes then.
UPDATE turns SET state = 'cancelled', ended_at = now()
WHERE thread_id = $1 AND state = 'queued' AND ($2::bigint IS NULL OR update_id IS NULL OR update_id < $2) RETURNING id;

-- name: rename_topic
UPDATE threads SET title = $4, named = true
WHERE bot_id = $1 AND chat_id = $2 AND COALESCE(topic_id, 0) = COALESCE($3, 0)
  AND kind = 'conversation' RETURNING *;

-- name: rename_chat
-- The topics of a forum have titles of their own; General bears the group's, unless it was named.
UPDATE threads SET title = $3, named = (topic_id IS NULL OR named)
WHERE bot_id = $1 AND chat_id = $2 AND kind = 'conversation' AND COALESCE(topic_id, 0) BETWEEN 0 AND 1
  AND (topic_id IS NULL OR NOT named)
RETURNING *;

-- name: note_made_title
-- Where it has that title: it may have been forgotten meanwhile.
UPDATE threads SET made_title = $4
WHERE bot_id = $1 AND chat_id = $2 AND COALESCE(topic_id, 0) = COALESCE($3, 0) AND kind = 'conversation' AND title = $4;

-- name: forget_made_title
-- As a renaming, which its AgentThread is told; another title than that is a person's.
UPDATE threads SET made_title = '', title = CASE WHEN title = made_title THEN '' ELSE title END, named = named OR title = made_title
WHERE id = $1 AND made_title <> '';

-- name: named_threads
-- Renamed, with a title that their AgentThreads are not known to have.
SELECT * FROM threads
WHERE bot_id = $1 AND kind = 'conversation' AND named AND title IS DISTINCT FROM title_written ORDER BY name LIMIT $2;

-- name: title_written
-- The title that was read: another rename stays due.
UPDATE threads SET title_written = $2 WHERE id = $1;

-- name: private_place
-- Where a person wrote last in private.
SELECT t.bot_id, t.chat_id, t.topic_id FROM threads t
LEFT JOIN LATERAL (SELECT id FROM turns WHERE thread_id = t.id ORDER BY id DESC LIMIT 1) last ON true
WHERE t.bot_id = $1 AND t.chat_id = $2 AND t.kind = 'conversation' AND t.place = 'open'
ORDER BY last.id DESC NULLS LAST, t.id DESC LIMIT 1;

-- name: hold_outbox
-- The pause before it is tried without a hint doubles from ten minutes to a day.
UPDATE outbox SET state = 'held', held_at = now(), error = 'the topic is closed', begun = 0,
    next_at = now() + make_interval(mins => LEAST(10 * 2 ^ LEAST(GREATEST(attempts - 1, 0), 8), 1440)::int)
WHERE id = $1;

-- name: release_held
UPDATE outbox SET state = 'pending', next_at = now()
WHERE bot_id = $1 AND chat_id = $2 AND COALESCE(topic_id, 0) = COALESCE($3, 0) AND state = 'held';

-- name: probe_held
-- The oldest of each topic, once its pause is over.
UPDATE outbox SET state = 'pending' WHERE state = 'held' AND id IN (
    SELECT o.id FROM outbox o WHERE o.bot_id = $1 AND o.state = 'held' AND o.next_at <= now() AND NOT EXISTS (
        SELECT 1 FROM outbox e WHERE e.bot_id = o.bot_id AND e.chat_id = o.chat_id AND e.state = 'held' AND e.id < o.id
          AND COALESCE(e.topic_id, 0) = COALESCE(o.topic_id, 0)
    ) ORDER BY o.next_at LIMIT 100
) RETURNING id;

-- name: proven_open
-- Topics that are marked as closed and have taken what they once refused: from what was held, which is purged, on.
SELECT DISTINCT t.* FROM (
    SELECT bot_id, chat_id, COALESCE(topic_id, 0) AS topic, max(sent_at) AS sent_at FROM outbox
    WHERE bot_id = $1 AND held_at IS NOT NULL AND state = 'sent' GROUP BY 1, 2, 3
) taken JOIN threads t ON t.bot_id = taken.bot_id AND t.chat_id = taken.chat_id AND COALESCE(t.topic_id, 0) = taken.topic
WHERE t.kind = 'conversation' AND t.place = 'closed' AND taken.sent_at > t.place_at LIMIT 100;

-- name: add_alias
INSERT INTO chat_aliases (bot_id, chat_id, moved_to) VALUES ($1, $2, $3)
ON CONFLICT (bot_id, chat_id) DO UPDATE SET moved_to = EXCLUDED.moved_to;

-- name: threads_to_move
-- Also what moved before it was known that the new chat is a forum, where no topic is General.
SELECT * FROM threads WHERE bot_id = $1 AND kind = 'conversation' AND place_why IS DISTINCT FROM 'moved'
  AND (chat_id = $2 OR (chat_id = $3 AND topic_id IS NULL AND $4::bigint IS NOT NULL))
ORDER BY id FOR UPDATE;

-- name: thread_at
SELECT * FROM threads WHERE bot_id = $1 AND chat_id = $2 AND COALESCE(topic_id, 0) = COALESCE($3, 0)
  AND kind = 'conversation' FOR UPDATE;

-- name: move_thread
UPDATE threads SET chat_id = $2, topic_id = $3, name = $4, place = 'open', place_why = NULL, place_at = now()
WHERE id = $1 RETURNING *;

-- name: leave_behind
UPDATE threads SET place = 'orphaned', place_why = 'moved', place_at = now() WHERE id = $1;

-- name: left_behind
-- Conversations that another one took the place of: of the topic, in its chat's earlier ids; of General also those of the
-- time before there were topics.
WITH RECURSIVE chats AS (
    SELECT $2::bigint AS chat_id
    UNION SELECT a.chat_id FROM chats c JOIN chat_aliases a ON a.bot_id = $1 AND a.moved_to = c.chat_id
)
SELECT t.* FROM chats c CROSS JOIN LATERAL (
    SELECT * FROM threads o WHERE o.bot_id = $1 AND o.chat_id = c.chat_id AND o.kind = 'conversation'
      AND COALESCE(o.topic_id, 0) = ANY (ARRAY[COALESCE($3::bigint, 0), CASE WHEN $3 = 1 THEN 0 ELSE COALESCE($3, 0) END])
    OFFSET 0
) t WHERE t.place_why = 'moved' ORDER BY t.id;

-- name: hand_turns_over
WITH handed AS (
    UPDATE turns SET thread_id = $2, attempts = 0 WHERE thread_id = $1 AND state = 'queued' RETURNING id
)
UPDATE steers SET thread_id = $2 WHERE turn_id IN (SELECT id FROM handed);

-- name: hand_messages_over
UPDATE messages m SET thread_id = $2 FROM turns t WHERE m.thread_id = $1 AND t.id = m.turn_id AND t.thread_id = $2;

-- name: end_moved_run
UPDATE runs SET state = 'over', ended_at = now(), reason = $2 WHERE thread_id = $1 AND state <> 'over';

-- name: requeue_unstarted
UPDATE turns SET state = 'queued', run = NULL, delivered_at = NULL
WHERE thread_id = $1 AND state = 'delivered' AND NOT stop_asked;

-- name: forget_message_ids
-- Messages have other numbers in the new chat: nothing there may be edited, answered or reacted to by an old one.
WITH moved AS (
    UPDATE turns SET message_id = NULL, preface = '' WHERE thread_id = $1 AND message_id IS NOT NULL RETURNING id, text, files
), gone AS (
    DELETE FROM turn_parts WHERE message_id <> 0 AND turn_id IN (SELECT id FROM moved) RETURNING turn_id
)
INSERT INTO turn_parts (turn_id, message_id, text, files)
SELECT id, 0, text, files FROM moved WHERE id IN (SELECT turn_id FROM gone) ON CONFLICT DO NOTHING;

-- name: forget_steer_messages
UPDATE steers SET message_id = NULL WHERE thread_id = $1 AND state = 'wanted';

-- name: forget_view_ids
UPDATE turn_views v SET message_ids = '{}' FROM turns t WHERE t.id = v.turn_id AND t.thread_id = $1;

-- name: move_subagents
UPDATE threads SET chat_id = $3 WHERE bot_id = $1 AND chat_id = $2 AND kind = 'subagent';

-- name: forget_subagent_messages
UPDATE subagents SET reply_to = NULL WHERE parent_id = $1;

-- name: move_outbox
UPDATE outbox SET chat_id = $3, topic_id = COALESCE(topic_id, $4), message_ids = '{}', shown = '{}', preview_ids = '{}', reply_to = NULL,
    next_at = now()
WHERE bot_id = $1 AND chat_id = $2 AND state IN ('pending', 'sending', 'held');

-- name: retire
INSERT INTO retired_resources (name, thread_id) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING;

-- name: retired
SELECT name, thread_id FROM retired_resources WHERE state = 'due' ORDER BY created_at LIMIT 100;

-- name: retired_done
UPDATE retired_resources SET state = $2 WHERE name = $1;
