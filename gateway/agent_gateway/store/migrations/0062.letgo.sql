-- Of which runs the files went because of their age: a run that kept none has lost none.
SET LOCAL lock_timeout = '10s';

ALTER TABLE threads ADD COLUMN IF NOT EXISTS emptied_run integer NOT NULL DEFAULT 0;  -- files of runs up to this one are not there any more
