-- Prompts that conversations are asked at times of their own, as AgentSchedules want them, and each time that came.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS schedules (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id       bigint NOT NULL,
    name         text   NOT NULL,                 -- of its AgentSchedule
    uid          text,                            -- likewise; NULL until that is there
    thread_id    bigint REFERENCES threads,       -- NULL where its chat may not use the bot
    person_id    bigint,                          -- who asked for it in the chat; NULL: it was made by hand
    language     text   NOT NULL DEFAULT 'en',
    said         text   NOT NULL DEFAULT '',      -- when, as a person wrote it
    spec         jsonb  NOT NULL,                 -- of the AgentSchedule
    generation   bigint NOT NULL DEFAULT 0,       -- of it, as far as it is known here
    state        text   NOT NULL CHECK (state IN ('draft', 'wanted', 'live', 'gone')),
    wish         text   CHECK (wish IN ('suspend', 'resume', 'delete')),  -- to be written into the AgentSchedule
    problem      text   NOT NULL DEFAULT '',      -- why nothing comes of it, in a word
    words        text   NOT NULL DEFAULT '',      -- and in a sentence
    next_at      timestamptz,                     -- when it is due next; NULL: no more, or not now
    last_at      timestamptz,                     -- when it was due last
    succeeded_at timestamptz,
    failures     integer NOT NULL DEFAULT 0,      -- turns in a row that failed
    paused_at    timestamptz,                     -- since when, because of those
    version      bigint NOT NULL DEFAULT 1,       -- grows with what its status tells
    told         bigint NOT NULL DEFAULT 0,       -- the version that the status tells
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX IF NOT EXISTS schedules_uid ON schedules (bot_id, uid) WHERE uid IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS schedules_name ON schedules (bot_id, name) WHERE state IN ('wanted', 'live');
CREATE INDEX IF NOT EXISTS schedules_due ON schedules (bot_id, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS schedules_thread ON schedules (thread_id, id);
CREATE INDEX IF NOT EXISTS schedules_unwritten ON schedules (bot_id, id) WHERE state = 'wanted' OR wish IS NOT NULL;
CREATE INDEX IF NOT EXISTS schedules_untold ON schedules (bot_id, id) WHERE state = 'live' AND told < version;
CREATE INDEX IF NOT EXISTS schedules_old ON schedules (created_at) WHERE state IN ('draft', 'gone');

CREATE TABLE IF NOT EXISTS schedule_turns (
    uid         text   NOT NULL,                  -- of the AgentSchedule
    due_at      timestamptz NOT NULL,
    schedule_id bigint NOT NULL REFERENCES schedules ON DELETE CASCADE,
    turn_id     bigint,                           -- NULL: nothing was asked
    outcome     text   NOT NULL CHECK (outcome IN ('Asked', 'Succeeded', 'Failed', 'Cancelled', 'Missed', 'Skipped', 'Refused')),
    asked_at    timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,
    PRIMARY KEY (uid, due_at)
);
CREATE INDEX IF NOT EXISTS schedule_turns_open ON schedule_turns (schedule_id) WHERE outcome = 'Asked';
CREATE INDEX IF NOT EXISTS schedule_turns_recent ON schedule_turns (schedule_id, due_at DESC);
CREATE INDEX IF NOT EXISTS schedule_turns_old ON schedule_turns (asked_at) WHERE outcome <> 'Asked';
