-- name: note_pushed
INSERT INTO pushed_refs (thread_id, connection, path, ref, oid) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (thread_id, connection, path, ref) DO UPDATE SET oid = EXCLUDED.oid, pushed_at = now();

-- name: note_deleted
DELETE FROM pushed_refs WHERE thread_id = $1 AND connection = $2 AND path = $3 AND ref = $4;

-- name: prune_pushed
-- The newest $2 of a conversation stay.
DELETE FROM pushed_refs p WHERE p.thread_id = $1 AND p.ctid NOT IN (
    SELECT n.ctid FROM pushed_refs n WHERE n.thread_id = $1 ORDER BY n.pushed_at DESC LIMIT $2
);

-- name: pushed_refs
-- By a conversation and all sub-agents that ever worked for it, the newest first.
WITH RECURSIVE below AS (
    SELECT $1::bigint AS thread_id
    UNION SELECT s.thread_id FROM subagents s JOIN below b ON s.parent_id = b.thread_id
)
SELECT DISTINCT ON (p.pushed_at, p.connection, p.path, p.ref) p.connection, p.path, p.ref, p.pushed_at
FROM below b CROSS JOIN LATERAL (
    SELECT connection, path, ref, pushed_at FROM pushed_refs WHERE thread_id = b.thread_id ORDER BY pushed_at DESC LIMIT $2
) p
ORDER BY p.pushed_at DESC, p.connection, p.path, p.ref LIMIT $2;

-- name: forget_pushed
DELETE FROM pushed_refs WHERE thread_id = ANY ($1::bigint[]);
