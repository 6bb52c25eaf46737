-- Bytes have an owner: what is stored, or about to be, counts for a conversation with all below it, and for all.
SET LOCAL lock_timeout = '10s';

-- Session lines. A row that is missing is counted anew from the lines themselves, so that it may be dropped at any time.
CREATE TABLE IF NOT EXISTS quotas (
    thread_id    bigint PRIMARY KEY REFERENCES threads,
    session_id   uuid   NOT NULL,                -- whose bytes these are; another one begins at nothing
    session_bytes bigint NOT NULL,
    run          integer NOT NULL DEFAULT 0,
    run_bytes    bigint NOT NULL DEFAULT 0,
    turn_id      bigint,
    turn_bytes   bigint NOT NULL DEFAULT 0,
    family_bytes bigint NOT NULL,                -- of a conversation: of all its sessions and of all its sub-agents' ones
    updated_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS quotas_idle ON quotas (updated_at);

-- Bytes that a row stands for: reserved while they come, then as many as came; none once they went.
ALTER TABLE workspaces ADD COLUMN IF NOT EXISTS held bigint NOT NULL DEFAULT 0;
ALTER TABLE workspaces ADD COLUMN IF NOT EXISTS root_id bigint;  -- the conversation that it counts for
ALTER TABLE files ADD COLUMN IF NOT EXISTS held bigint NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN IF NOT EXISTS root_id bigint;
UPDATE workspaces SET held = bytes, root_id = thread_id WHERE bytes IS NOT NULL AND root_id IS NULL;
UPDATE files f SET held = f.bytes, root_id = f.thread_id
WHERE f.bytes IS NOT NULL AND f.root_id IS NULL AND EXISTS (SELECT 1 FROM file_chunks c WHERE c.file_id = f.id);
CREATE INDEX IF NOT EXISTS workspaces_copies ON workspaces (root_id) WHERE call_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS files_root ON files (root_id);
CREATE INDEX IF NOT EXISTS workspaces_held ON workspaces (held) WHERE held > 0;
CREATE INDEX IF NOT EXISTS files_held ON files (held) WHERE held > 0;

-- Runs that could not unpack a workspace; after two the one before it is begun with, and this one is kept aside.
ALTER TABLE workspaces ADD COLUMN IF NOT EXISTS failed integer NOT NULL DEFAULT 0;
ALTER TABLE workspaces ADD COLUMN IF NOT EXISTS failed_run integer;  -- the last of them
-- Files of runs up to this one are not begun with: somebody asked to begin without.
ALTER TABLE threads ADD COLUMN IF NOT EXISTS clean_run integer NOT NULL DEFAULT 0;

-- How full the database was found last, so that each change is told once.
CREATE TABLE IF NOT EXISTS fullness (
    bot_id       bigint PRIMARY KEY,
    level        text   NOT NULL CHECK (level IN ('room', 'near', 'full')),
    since        timestamptz NOT NULL DEFAULT now()
);

-- What was replaced is room again soon: these tables hold few and large rows.
ALTER TABLE workspace_chunks SET (autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE file_chunks SET (autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_scale_factor = 0.02);
