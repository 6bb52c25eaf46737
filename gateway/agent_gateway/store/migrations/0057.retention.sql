-- How long what was said and made stays, class by class, and how far each conversation is emptied.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS retention (
    bot_id       bigint NOT NULL,
    class_name   text   NOT NULL,
    message_days integer,                            -- NULL: it stays
    file_days    integer,
    usage_days   integer,
    changed_at   timestamptz NOT NULL DEFAULT now(), -- what was changed just now deletes nothing yet
    PRIMARY KEY (bot_id, class_name)
);

ALTER TABLE threads ADD COLUMN IF NOT EXISTS emptied_turn bigint NOT NULL DEFAULT 0;  -- turns up to this one have no words any more
