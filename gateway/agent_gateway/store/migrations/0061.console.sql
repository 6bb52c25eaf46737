-- What people asked by `kubectl openclaw`: each request once, and by whom. What they wrote stands in the turn alone.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS console_requests (
    bot_id      bigint NOT NULL,
    request     uuid   NOT NULL,                     -- made by the program: the same request is carried out once
    thread_id   bigint NOT NULL REFERENCES threads,
    action      text   NOT NULL CHECK (action IN ('say', 'stop')),
    person      text   NOT NULL,                     -- as the API server knows them
    credential  text   NOT NULL DEFAULT '',          -- of their token, as the API server's own audit names it
    turn_id     bigint,                              -- what was said became this turn
    stopped     boolean,                             -- something was stopped
    asked_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bot_id, request)
);
CREATE INDEX IF NOT EXISTS console_requests_person ON console_requests (bot_id, person, asked_at);
CREATE INDEX IF NOT EXISTS console_requests_turn ON console_requests (turn_id) WHERE turn_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS console_requests_age ON console_requests (asked_at);
