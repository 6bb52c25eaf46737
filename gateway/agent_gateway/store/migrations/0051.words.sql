-- transactional: false
-- The index of words takes minutes where much was said, so that it is built while messages are stored. What a killed build left
-- is no index and is made anew; one that the server still builds, though whoever asked for it is gone, is waited for.
SET lock_timeout = '1s';
DO $$
DECLARE
    left_over oid := (SELECT indexrelid FROM pg_index WHERE indexrelid = to_regclass('messages_words') AND NOT indisvalid);
BEGIN
    IF EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = left_over) THEN
        RAISE EXCEPTION 'the index is being built' USING ERRCODE = 'lock_not_available';
    END IF;
    IF left_over IS NOT NULL THEN
        DROP INDEX messages_words;
    END IF;
END
$$;

-- It waits for old transactions, as a backup's, and holds nobody up meanwhile.
SET lock_timeout = '15min';

-- A small list of what is new, so that the writer whose row fills it does not wait for long.
CREATE INDEX CONCURRENTLY IF NOT EXISTS messages_words ON messages USING gin (openclaw_words(thread_id, text))
    WITH (fastupdate = on, gin_pending_list_limit = 256);
