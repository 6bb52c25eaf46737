-- transactional: false
-- What one person asked, over all chats. It is built while turns are stored, as that of words is (0051.words.sql).
SET lock_timeout = '1s';
DO $$
DECLARE
    left_over oid := (SELECT indexrelid FROM pg_index WHERE indexrelid = to_regclass('turns_by') AND NOT indisvalid);
BEGIN
    IF EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = left_over) THEN
        RAISE EXCEPTION 'the index is being built' USING ERRCODE = 'lock_not_available';
    END IF;
    IF left_over IS NOT NULL THEN
        DROP INDEX turns_by;
    END IF;
END
$$;

-- It waits for old transactions, as a backup's, and holds nobody up meanwhile.
SET lock_timeout = '15min';

CREATE INDEX CONCURRENTLY IF NOT EXISTS turns_by ON turns (person_id, id) WHERE person_id IS NOT NULL;
