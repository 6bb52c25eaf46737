-- Why a run was begun without a pod of its class's warm pool, as its resource is told; NULL: it has one, or none was asked for.
SET LOCAL lock_timeout = '10s';

ALTER TABLE runs ADD COLUMN IF NOT EXISTS cold text;
