-- What is due, what a run was promised, and what a purge has done with.
SET LOCAL lock_timeout = '10s';

-- Since when somebody must look at the thread; NULL: nothing is due.
ALTER TABLE threads ADD COLUMN IF NOT EXISTS due_at timestamptz;
CREATE INDEX IF NOT EXISTS threads_due ON threads (bot_id, due_at) WHERE due_at IS NOT NULL;
-- The title that its AgentThread is known to have; a renamed thread with another one has yet to tell it.
ALTER TABLE threads ADD COLUMN IF NOT EXISTS title_written text;
CREATE INDEX IF NOT EXISTS threads_retitle ON threads (bot_id, name)
    WHERE kind = 'conversation' AND named AND title IS DISTINCT FROM title_written;

-- The class and limits that held when the run was wanted; NULL in runs of earlier releases.
ALTER TABLE runs ADD COLUMN IF NOT EXISTS class_name text;
ALTER TABLE runs ADD COLUMN IF NOT EXISTS limits jsonb;
-- Writes of it that the API server refused in a row, and when the next may be tried.
ALTER TABLE runs ADD COLUMN IF NOT EXISTS attempts integer NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN IF NOT EXISTS next_at timestamptz;

-- When the session entries of a finished sub-agent were removed.
ALTER TABLE subagents ADD COLUMN IF NOT EXISTS entries_purged_at timestamptz;
CREATE INDEX IF NOT EXISTS subagents_entries ON subagents (finished_at)
    WHERE state = 'finished' AND entries_purged_at IS NULL;

-- Whose turn it speaks of, so that what a conversation is to be told is found without its history. Filled in by the
-- schema, as an earlier release does not know it; of what was settled before it stays NULL, and nothing asks.
ALTER TABLE steers ADD COLUMN IF NOT EXISTS thread_id bigint;
CREATE OR REPLACE FUNCTION openclaw_steer_thread() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.thread_id := (SELECT thread_id FROM turns WHERE id = NEW.turn_id);
    RETURN NEW;
END
$$;
DROP TRIGGER IF EXISTS steers_thread ON steers;
CREATE TRIGGER steers_thread BEFORE INSERT ON steers FOR EACH ROW EXECUTE FUNCTION openclaw_steer_thread();
UPDATE steers s SET thread_id = t.thread_id FROM turns t WHERE s.state = 'wanted' AND t.id = s.turn_id;
CREATE INDEX IF NOT EXISTS steers_thread ON steers (thread_id, id) WHERE state = 'wanted';
