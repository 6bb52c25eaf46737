-- Which pod of a warm pool was given to which run: each at most once, whatever becomes of the run's row.
SET LOCAL lock_timeout = '10s';

CREATE TABLE IF NOT EXISTS claims (
    pod_uid    text        PRIMARY KEY,
    job_name   text        NOT NULL,
    thread_id  bigint      NOT NULL,                    -- no reference: a pod stays used where its conversation is forgotten
    run        integer     NOT NULL,
    model      text,                                    -- of the run, as the pod is told it; NULL: its class's
    claimed_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX IF NOT EXISTS claims_run ON claims (thread_id, run);
CREATE INDEX IF NOT EXISTS claims_claimed_at ON claims (claimed_at);
ALTER TABLE runs ADD COLUMN IF NOT EXISTS claimed boolean NOT NULL DEFAULT false;
