-- What is said first: each topic has a queue of its own for answers and one for what nobody waits for, and those whom the
-- bot does not know have theirs.
SET LOCAL lock_timeout = '10s';

-- 0: answers to people, questions to them; 1: notices and files of agents; 2: what unknown people are told.
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS urgency smallint NOT NULL DEFAULT 0;

-- The unsaid, queue by queue; 0 stands for no topic.
CREATE INDEX IF NOT EXISTS outbox_queues ON outbox (bot_id, chat_id, COALESCE(topic_id, 0), urgency, id)
    WHERE state IN ('pending', 'sending');
-- When a topic was served last, for turns among the topics of a chat.
CREATE INDEX IF NOT EXISTS outbox_served ON outbox (bot_id, chat_id, COALESCE(topic_id, 0), sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS outbox_strangers ON outbox (bot_id) WHERE urgency = 2 AND state IN ('pending', 'sending');
CREATE INDEX IF NOT EXISTS outbox_refusals ON outbox (created_at) WHERE urgency = 2;

-- Groups that may not use the bot, each with the moment at which it leaves unless somebody has let them in.
CREATE TABLE IF NOT EXISTS unknown_groups (
    bot_id      bigint NOT NULL,
    chat_id     bigint NOT NULL,
    leave_at    timestamptz NOT NULL,
    attempts    integer NOT NULL DEFAULT 0,
    PRIMARY KEY (bot_id, chat_id)
);
CREATE INDEX IF NOT EXISTS unknown_groups_due ON unknown_groups (bot_id, leave_at);

-- Conversations that began in a chat within a day.
CREATE INDEX IF NOT EXISTS threads_new ON threads (bot_id, chat_id, created_at) WHERE kind = 'conversation';

CREATE INDEX IF NOT EXISTS approvals_person ON approvals (person_id);
