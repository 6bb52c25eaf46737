-- Notes that last: of a conversation, of a chat, of a person; what each session was told of them; names of sessions.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS notes (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bot_id      bigint NOT NULL,
    scope       text   NOT NULL CHECK (scope IN ('conversation', 'chat', 'person')),
    thread_id   bigint NOT NULL REFERENCES threads,  -- where it was noted
    chat_id     bigint NOT NULL,                     -- of that conversation
    person_id   bigint,                              -- whoever noted it; of scope person also whose it is
    text        text   NOT NULL,
    call_id     text,                                -- an agent noted it, by this call
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS notes_thread ON notes (thread_id, id);
CREATE INDEX IF NOT EXISTS notes_chat ON notes (bot_id, chat_id, id) WHERE scope = 'chat';
CREATE INDEX IF NOT EXISTS notes_person ON notes (bot_id, person_id, id) WHERE scope = 'person';
CREATE UNIQUE INDEX IF NOT EXISTS notes_call ON notes (thread_id, call_id) WHERE call_id IS NOT NULL;

CREATE TABLE IF NOT EXISTS notes_told (
    thread_id   bigint PRIMARY KEY REFERENCES threads,
    session_id  uuid   NOT NULL,
    turn_id     bigint NOT NULL,                     -- the turn that they were told with
    digest      text   NOT NULL,                     -- of what was told
    told_at     timestamptz NOT NULL DEFAULT now()
);
