-- What each message of a question asks: several written in a row are one turn, put together in their order.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS turn_parts (
    turn_id     bigint NOT NULL REFERENCES turns ON DELETE CASCADE,
    message_id  bigint NOT NULL,                 -- 0: all that was asked under the chat's earlier id
    text        text   NOT NULL,
    files       jsonb  NOT NULL DEFAULT '[]',
    PRIMARY KEY (turn_id, message_id)
);
CREATE INDEX IF NOT EXISTS turn_parts_message ON turn_parts (message_id);
-- What stands before the parts: when it is asked, what was said before, who speaks.
ALTER TABLE turns ADD COLUMN IF NOT EXISTS preface text NOT NULL DEFAULT '';
-- When the agent was told the time last, and in which session.
ALTER TABLE threads ADD COLUMN IF NOT EXISTS dated_at timestamptz;
ALTER TABLE threads ADD COLUMN IF NOT EXISTS dated_session uuid;
-- As they chose it; NULL: the gateway's.
ALTER TABLE people ADD COLUMN IF NOT EXISTS zone text;

-- What people of a group said since its agent was asked last, where the settings let it be heard.
CREATE TABLE IF NOT EXISTS overheard (
    bot_id      bigint NOT NULL,
    chat_id     bigint NOT NULL,
    topic       bigint NOT NULL,                 -- 0: none
    message_id  bigint NOT NULL,
    name        text   NOT NULL,
    text        text   NOT NULL,
    said_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bot_id, chat_id, topic, message_id)
);
CREATE INDEX IF NOT EXISTS overheard_said ON overheard (said_at);
