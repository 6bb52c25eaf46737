-- Conversations that begin with another one's history and files: contents of files are stored once for both.
SET LOCAL lock_timeout = '10s';

-- The pack whose rows hold the contents of this one; NULL: its own. It then has `held` 0, as they count where they are.
ALTER TABLE kept_packs ADD COLUMN IF NOT EXISTS data_id bigint;
CREATE INDEX IF NOT EXISTS kept_packs_data ON kept_packs (data_id) WHERE data_id IS NOT NULL;

-- The state of another conversation that this one is a copy of.
ALTER TABLE kept_states ADD COLUMN IF NOT EXISTS origin bigint;

-- Contents that others share outlive the pack that holds them: the oldest of those others takes them over, and counts for
-- them from then on.
CREATE OR REPLACE FUNCTION openclaw_hand_pack_over() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    heir bigint;
BEGIN
    SELECT id INTO heir FROM kept_packs WHERE data_id = OLD.id ORDER BY id LIMIT 1 FOR UPDATE;
    IF heir IS NOT NULL THEN
        UPDATE kept_pack_rows SET pack_id = heir WHERE pack_id = OLD.id;
        UPDATE kept_packs SET data_id = heir WHERE data_id = OLD.id AND id <> heir;
        UPDATE kept_packs SET data_id = NULL, held = bytes WHERE id = heir;
    END IF;
    RETURN NULL;
END
$$;
-- Triggers fire by their names: this one before that of the reference, which deletes the rows.
DROP TRIGGER IF EXISTS "A_kept_packs_handed_over" ON kept_packs;
CREATE TRIGGER "A_kept_packs_handed_over" AFTER DELETE ON kept_packs FOR EACH ROW EXECUTE FUNCTION openclaw_hand_pack_over();
