-- The final as a message of its own, the way there folded above it, and outcomes that nobody knows.
SET LOCAL lock_timeout = '10s';

-- Since when a message of a running turn stands in the chat.
ALTER TABLE turn_views ADD COLUMN IF NOT EXISTS shown_at timestamptz;

-- Messages of a turn's previews: the first is edited into its final where nothing was said below it, and otherwise all
-- are folded once the final stands. Empty: nothing is left to do with them.
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS preview_ids bigint[] NOT NULL DEFAULT '{}';
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS preview_at timestamptz;
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS fold_at timestamptz;        -- when folding may be tried again
-- What the agent said on its way to the answer.
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS way text NOT NULL DEFAULT '';
-- It answers in the comments of a post or a thread of replies: each part of it is a reply.
ALTER TABLE turns ADD COLUMN IF NOT EXISTS threaded boolean NOT NULL DEFAULT false;
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS threaded boolean NOT NULL DEFAULT false;
-- Sends in a row of which nobody knows whether they were done, and since when.
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS ambiguous integer NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS ambiguous_since timestamptz;
-- Until when Telegram asked to leave a chat alone, where a preview was told so.
CREATE TABLE IF NOT EXISTS chat_rests (
    bot_id     bigint NOT NULL,
    chat_id    bigint NOT NULL,
    until      timestamptz NOT NULL,
    PRIMARY KEY (bot_id, chat_id)
);
CREATE INDEX IF NOT EXISTS outbox_unfolded ON outbox (bot_id, id) WHERE preview_ids <> '{}' AND state IN ('sent', 'dead');
