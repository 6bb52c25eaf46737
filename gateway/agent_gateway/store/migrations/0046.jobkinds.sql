-- Which kinds of work there are is the program's to know: a list here would have to grow with each of them.
SET LOCAL lock_timeout = '10s';

ALTER TABLE jobs DROP CONSTRAINT IF EXISTS jobs_kind_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_kind_check CHECK (kind <> '' AND length(kind) <= 30) NOT VALID;
