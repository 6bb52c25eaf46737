-- Which language a person is spoken to: the one that Telegram named last, and the one that they chose themselves.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS people (
    bot_id     bigint NOT NULL,
    person_id  bigint NOT NULL,
    seen       text,                             -- of the program that they wrote with last
    chosen     text,                             -- NULL: nothing, so that `seen` counts
    PRIMARY KEY (bot_id, person_id)
);
-- Of whoever asked last.
ALTER TABLE threads ADD COLUMN IF NOT EXISTS language text NOT NULL DEFAULT 'en';
-- Of whoever asked.
ALTER TABLE turns ADD COLUMN IF NOT EXISTS language text NOT NULL DEFAULT 'en';
