-- name: begin_file
INSERT INTO files (thread_id, name, media_type) VALUES ($1, $2, $3) RETURNING id;

-- name: add_file_chunk
INSERT INTO file_chunks (file_id, ordinal, data) VALUES ($1, $2, $3);

-- name: finish_file
UPDATE files SET bytes = $2 WHERE id = $1;

-- name: drop_file
DELETE FROM files WHERE id = $1;

-- name: files_waiting
-- Those that are still on their way here too, but the one of this call.
SELECT count(*) FROM files f LEFT JOIN outbox o ON o.file_id = f.id
WHERE f.thread_id = $1 AND o.dedupe_key IS DISTINCT FROM $2 AND (f.bytes IS NULL OR o.state IN ('pending', 'sending', 'held'));

-- name: outbox_has
SELECT 1 FROM outbox WHERE dedupe_key = $1;

-- name: file_chunks
SELECT ordinal, data FROM file_chunks WHERE file_id = $1 AND ordinal > $2 ORDER BY ordinal LIMIT $3;

-- name: drop_sent_chunks
-- What stands in the chat is kept there.
DELETE FROM file_chunks WHERE file_id = (SELECT file_id FROM outbox WHERE id = $1);

-- name: drop_partial_file
-- One whose stream broke; never one that was committed, however unknown that was to who asks.
DELETE FROM files WHERE id = $1 AND bytes IS NULL;
