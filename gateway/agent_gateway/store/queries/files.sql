-- name: begin_file
INSERT INTO files (thread_id, name, media_type, root_id, held) VALUES ($1, $2, $3, $4, $5) RETURNING id;

-- name: add_file_chunk
INSERT INTO file_chunks (file_id, ordinal, data) VALUES ($1, $2, $3);

-- name: finish_file
UPDATE files SET bytes = $2, held = $2 WHERE id = $1;

-- name: drop_file
DELETE FROM files WHERE id = $1;

-- name: files_waiting
-- Those that are still on their way here too, but the one of this call.
SELECT count(*) FROM files f LEFT JOIN outbox o ON o.file_id = f.id
WHERE f.root_id = $1 AND o.dedupe_key IS DISTINCT FROM $2 AND (f.bytes IS NULL OR o.state IN ('pending', 'sending', 'held'));

-- name: outbox_has
SELECT 1 FROM outbox WHERE dedupe_key = $1;

-- name: file_slice
SELECT substring(data FROM $3::integer FOR $4::integer) AS data, length(data) AS bytes FROM file_chunks WHERE file_id = $1 AND ordinal = $2;

-- name: drop_sent_chunks
-- What stands in the chat is kept there.
WITH gone AS (DELETE FROM file_chunks WHERE file_id = (SELECT file_id FROM outbox WHERE id = $1))
UPDATE files SET held = 0 WHERE id = (SELECT file_id FROM outbox WHERE id = $1);

-- name: drop_partial_file
-- One whose stream broke; never one that was committed, however unknown that was to who asks.
DELETE FROM files WHERE id = $1 AND bytes IS NULL;
