-- name: add_topic
INSERT INTO topics (bot_id, chat_id, topic_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: settle_topic
-- What a person named stays so.
UPDATE topics SET state = $4 WHERE bot_id = $1 AND chat_id = $2 AND topic_id = $3 AND state = 'unnamed' RETURNING topic_id;

-- name: retry_topic
UPDATE topics SET attempts = attempts + 1, next_at = now() + make_interval(secs => $4)
WHERE bot_id = $1 AND chat_id = $2 AND topic_id = $3;

-- name: due_topics
-- Topics without a name in which something was answered: the first question, and what was answered to it.
SELECT p.chat_id, p.topic_id, p.attempts, h.id AS thread_id, asked.text AS asked, COALESCE(said.text, '') AS answer FROM topics p
CROSS JOIN LATERAL (
    SELECT id FROM threads WHERE bot_id = p.bot_id AND chat_id = p.chat_id AND COALESCE(topic_id, 0) = p.topic_id
      AND kind = 'conversation' AND place = 'open' LIMIT 1
) h
CROSS JOIN LATERAL (SELECT id, text, state FROM turns WHERE thread_id = h.id ORDER BY id LIMIT 1) asked
LEFT JOIN LATERAL (
    SELECT text FROM messages WHERE turn_id = asked.id AND role = 'assistant' ORDER BY id LIMIT 1
) said ON true
WHERE p.bot_id = $1 AND p.state = 'unnamed' AND p.next_at <= now() AND asked.state IN ('done', 'failed')
ORDER BY p.next_at LIMIT $2;
