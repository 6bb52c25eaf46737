-- Why the gateway asked for the end of a run; NULL where it did not. Stored before it is written into the resource, so
-- that a kill that was confirmed to a person is carried out by whoever leads then.
ALTER TABLE runs ADD COLUMN IF NOT EXISTS stop text CHECK (stop IN ('killed', 'lost', 'not_ready', 'timeout'));
