-- No query of the way of a message scans a table that grows; see docs/decisions/0009-migrations-add-only.md.
-- Only the wait for a lock is bounded, not the building: in that time writes of the table wait, reads go on.
SET LOCAL lock_timeout = '10s';

-- Turns that are not at their end: by conversation, and by whoever asked.
CREATE INDEX IF NOT EXISTS turns_open ON turns (thread_id) WHERE state IN ('queued', 'delivered', 'started');
CREATE INDEX IF NOT EXISTS turns_open_of ON turns (person_id) WHERE state IN ('queued', 'delivered', 'started');
CREATE INDEX IF NOT EXISTS turns_thread ON turns (thread_id, id);
CREATE INDEX IF NOT EXISTS turns_run ON turns (thread_id, run) WHERE run IS NOT NULL;
CREATE INDEX IF NOT EXISTS turns_cancelled ON turns (ended_at) WHERE state = 'cancelled';
CREATE INDEX IF NOT EXISTS messages_turn ON messages (turn_id);
CREATE INDEX IF NOT EXISTS usage_turn ON usage (turn_id) WHERE turn_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS steers_message ON steers (message_id) WHERE message_id IS NOT NULL;

-- Lists of all, and of a chat by topics, where 0 stands for none: IS NOT DISTINCT FROM goes by no index.
CREATE INDEX IF NOT EXISTS threads_conversations ON threads (id) WHERE kind = 'conversation';
CREATE INDEX IF NOT EXISTS threads_topic ON threads (bot_id, chat_id, COALESCE(topic_id, 0)) WHERE kind = 'conversation';
CREATE INDEX IF NOT EXISTS threads_subagents_chat ON threads (bot_id, chat_id) WHERE kind = 'subagent';
CREATE INDEX IF NOT EXISTS threads_closed ON threads (bot_id, chat_id, topic_id)
    WHERE kind = 'conversation' AND place = 'closed';

-- Sub-agents of a parent: that are open, that ended lately, that it was not told of, that a turn tells it of.
CREATE INDEX IF NOT EXISTS subagents_parent_open ON subagents (parent_id) WHERE state <> 'finished';
CREATE INDEX IF NOT EXISTS subagents_parent_ended ON subagents (parent_id, finished_at) WHERE state = 'finished';
CREATE INDEX IF NOT EXISTS subagents_undelivered ON subagents (parent_id)
    WHERE state = 'finished' AND delivered_at IS NULL AND cancel IS DISTINCT FROM 'parent';
CREATE INDEX IF NOT EXISTS subagents_handed ON subagents (handed_turn)
    WHERE handed_turn IS NOT NULL AND delivered_at IS NULL;

-- The unsaid, topic by topic; 0 stands for no topic, so that one index holds both in order.
CREATE INDEX IF NOT EXISTS outbox_topics ON outbox (bot_id, chat_id, COALESCE(topic_id, 0), id)
    WHERE state IN ('pending', 'sending');
CREATE INDEX IF NOT EXISTS outbox_chat ON outbox (bot_id, chat_id, sent_at);
CREATE INDEX IF NOT EXISTS outbox_turn ON outbox (turn_id) WHERE turn_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS outbox_file ON outbox (file_id) WHERE file_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS outbox_held_due ON outbox (bot_id, next_at) WHERE state = 'held';
CREATE INDEX IF NOT EXISTS outbox_proven ON outbox (bot_id, chat_id) WHERE held_at IS NOT NULL AND state = 'sent';
CREATE INDEX IF NOT EXISTS files_thread ON files (thread_id);
CREATE INDEX IF NOT EXISTS retired_due ON retired_resources (created_at) WHERE state = 'due';

-- Updates that are done with; the lane's operator class serves prefixes under every collation.
CREATE INDEX IF NOT EXISTS inbox_done_lane ON inbox (bot_id, lane text_pattern_ops) WHERE state <> 'new';
CREATE INDEX IF NOT EXISTS inbox_done ON inbox (received_at) WHERE state <> 'new';

-- For purges, each from its oldest row on.
CREATE INDEX IF NOT EXISTS outbox_said ON outbox (created_at) WHERE state IN ('sent', 'dead');
CREATE INDEX IF NOT EXISTS files_created ON files (created_at);
CREATE INDEX IF NOT EXISTS workspaces_created ON workspaces (created_at);
CREATE INDEX IF NOT EXISTS workspaces_loose ON workspaces (created_at) WHERE bytes IS NULL OR call_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS confirms_created ON confirms (created_at);
CREATE INDEX IF NOT EXISTS pairings_created ON pairings (created_at);
