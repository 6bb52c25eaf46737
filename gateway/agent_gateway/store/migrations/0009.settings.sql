-- What a conversation is set to, questions with a button, and what was forgotten.

-- Chosen by /model; NULL: nobody chose, and the resource is left as it is; '': the class's own again.
ALTER TABLE threads ADD COLUMN IF NOT EXISTS model text;
-- The thread's choice when the run was wanted: one that has another takes no further turn.
ALTER TABLE runs ADD COLUMN IF NOT EXISTS model text;
-- Chosen by /verbose: 0 the answer alone, 1 the last tools, 2 more of them.
ALTER TABLE threads ADD COLUMN IF NOT EXISTS verbosity smallint NOT NULL DEFAULT 1
    CHECK (verbosity BETWEEN 0 AND 2);
-- Whatever runs up to this one still send, files and session lines, is not kept: /forget came after them.
ALTER TABLE threads ADD COLUMN IF NOT EXISTS forgotten_run integer NOT NULL DEFAULT 0;

-- A question with a button that does it, once.
CREATE TABLE IF NOT EXISTS confirms (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action      text   NOT NULL CHECK (action IN ('cleanup', 'forget')),
    bot_id      bigint NOT NULL,
    chat_id     bigint NOT NULL,
    topic_id    bigint,
    person_id   bigint NOT NULL,                 -- who asked
    subject     jsonb  NOT NULL,                 -- [[thread id, run], …]: what was named, so that nothing else is touched
    state       text   NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'done', 'cancelled')),  -- asked -> done | cancelled
    pressed_by  bigint,
    created_at  timestamptz NOT NULL DEFAULT now()
);
