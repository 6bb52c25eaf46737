-- By which class's rule a copy by /fork goes that no agent has worked in yet.
SET LOCAL lock_timeout = '10s';
ALTER TABLE threads ADD COLUMN IF NOT EXISTS forked_class text;  -- of what it was copied from; NULL: it is no copy
