-- name: account
SELECT *, extract(epoch FROM expires_at - now())::float8 AS left FROM linked_accounts
WHERE bot_id = $1 AND person_id = $2 AND connection = $3;

-- name: accounts_of
SELECT *, extract(epoch FROM expires_at - now())::float8 AS left FROM linked_accounts
WHERE bot_id = $1 AND person_id = $2 ORDER BY linked_at, connection LIMIT 64;

-- name: put_account
INSERT INTO linked_accounts (bot_id, person_id, connection, login, email, sealed, expires_at, language)
VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7::float8), $8)
ON CONFLICT (bot_id, person_id, connection) DO UPDATE SET login = EXCLUDED.login, email = EXCLUDED.email,
    sealed = EXCLUDED.sealed, expires_at = EXCLUDED.expires_at, language = EXCLUDED.language, claimed_until = NULL,
    linked_at = now();

-- name: claim_account
-- Whoever has it refreshes; one that ends meanwhile keeps others waiting for so many seconds.
UPDATE linked_accounts SET claimed_until = now() + make_interval(secs => $5::float8)
WHERE bot_id = $1 AND person_id = $2 AND connection = $3 AND sealed = $4
  AND (claimed_until IS NULL OR claimed_until < now()) RETURNING person_id;

-- name: renew_account
UPDATE linked_accounts SET sealed = $5, expires_at = now() + make_interval(secs => $6::float8), claimed_until = NULL
WHERE bot_id = $1 AND person_id = $2 AND connection = $3 AND sealed = $4 RETURNING person_id;

-- name: release_account
UPDATE linked_accounts SET claimed_until = NULL WHERE bot_id = $1 AND person_id = $2 AND connection = $3 AND sealed = $4;

-- name: remove_account
-- With `sealed` only as it was read: whoever linked it anew meanwhile keeps it.
DELETE FROM linked_accounts WHERE bot_id = $1 AND person_id = $2 AND connection = $3
  AND ($4::bytea IS NULL OR sealed = $4) RETURNING login, language, linked_at;

-- name: remove_accounts
DELETE FROM linked_accounts WHERE bot_id = $1 AND person_id = $2 RETURNING connection;

-- name: add_flow
INSERT INTO account_flows (bot_id, person_id, connection, topic_id, language, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6::float8)) RETURNING id;

-- name: due_flows
SELECT *, expires_at <= now() AS expired FROM account_flows WHERE bot_id = $1 AND due_at <= now() ORDER BY due_at LIMIT $2;

-- name: next_flow
SELECT extract(epoch FROM min(due_at) - now())::float8 FROM account_flows WHERE bot_id = $1;

-- name: ask_flow
UPDATE account_flows SET state = 'asked', sealed = $2, pause = $3::integer, due_at = now() + make_interval(secs => $3::integer),
    expires_at = now() + make_interval(secs => $4::float8) WHERE id = $1 AND state = 'wanted' RETURNING id;

-- name: defer_flow
UPDATE account_flows SET pause = $2::integer, due_at = least(now() + make_interval(secs => $2::integer), expires_at) WHERE id = $1;

-- name: end_flow
DELETE FROM account_flows WHERE id = $1 RETURNING id;

-- name: remove_flows
DELETE FROM account_flows WHERE bot_id = $1 AND person_id = $2 AND ($3::text IS NULL OR connection = $3);
