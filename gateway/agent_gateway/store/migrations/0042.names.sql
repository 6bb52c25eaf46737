-- The names that commits bear.
SET LOCAL lock_timeout = '10s';

ALTER TABLE people ADD COLUMN IF NOT EXISTS name text;                 -- as the person bore it when they wrote last
