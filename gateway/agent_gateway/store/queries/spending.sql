-- name: reserve_call
SELECT openclaw_reserve($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: settle_call
SELECT openclaw_settle($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: lost_reservations
-- Of gateways that led before, and old ones that nobody here knows of.
SELECT id, model, input, output, money FROM reservations
WHERE bot_id = $1 AND (epoch <> $2 OR (created_at < now() - interval '5 minutes' AND id <> ALL ($3::uuid[])))
ORDER BY created_at LIMIT $4;

-- name: budgets
SELECT scope, source, class_name, subject, money, tokens FROM budgets WHERE bot_id = $1 ORDER BY scope, source, class_name, subject LIMIT 500;

-- name: put_budget
INSERT INTO budgets (bot_id, scope, source, class_name, subject, money, tokens, set_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (bot_id, scope, source, class_name, subject) DO UPDATE SET money = EXCLUDED.money, tokens = EXCLUDED.tokens,
    set_by = EXCLUDED.set_by, set_at = now();

-- name: drop_budget
DELETE FROM budgets WHERE bot_id = $1 AND scope = $2 AND source = $3 AND class_name = $4 AND subject = $5;

-- name: call_accounts
-- The accounts that a thread's next call is paid from, with what was spent and what may be.
SELECT c.scope, c.subject, c.day, c.class_name, c.max_money, c.max_tokens, COALESCE(a.money, 0) AS money,
    COALESCE(a.tokens, 0) AS tokens, COALESCE(a.estimated_money, 0) AS estimated_money,
    COALESCE(a.estimated_tokens, 0) AS estimated_tokens, COALESCE(a.unpriced_tokens, 0) AS unpriced_tokens,
    COALESCE(a.raised_money, 0) AS raised_money, COALESCE(a.raised_tokens, 0) AS raised_tokens, COALESCE(a.calls, 0) AS calls,
    COALESCE(c.max_money + a.raised_money <= a.refused_money, false) OR COALESCE(c.max_tokens + a.raised_tokens <= a.refused_tokens, false)
        AS refused
FROM openclaw_accounts($1, $2, $3, $4, (now() AT TIME ZONE $5)::date) c
LEFT JOIN accounts a ON a.bot_id = $1 AND a.scope = c.scope AND a.subject = c.subject AND a.day = c.day
ORDER BY array_position(ARRAY['turn', 'thread', 'person', 'class', 'day'], c.scope), c.subject;

-- name: lock_account
SELECT * FROM accounts WHERE bot_id = $1 AND scope = $2 AND subject = $3 AND day = $4 FOR UPDATE;

-- name: note_asked
UPDATE accounts SET decision_id = $5, offer_money = $6, offer_tokens = $7
WHERE bot_id = $1 AND scope = $2 AND subject = $3 AND day = $4;

-- name: raise_asked
-- What a question offered is added; another one may be asked near the new limit.
UPDATE accounts SET raised_money = raised_money + COALESCE(offer_money, 0), raised_tokens = raised_tokens + COALESCE(offer_tokens, 0),
    offer_money = NULL, offer_tokens = NULL, decision_id = NULL WHERE decision_id = $1 RETURNING scope, subject;

-- name: add_budget_decision
-- About a turn that spends; asked in its chat, or in an administrator's own.
INSERT INTO decisions (bot_id, thread_id, turn_id, chat_id, topic_id, asker_id, kind, text, options, free_text, approvers,
    language, expires_at)
SELECT h.bot_id, t.thread_id, t.id, $8, $9, t.person_id, $2, $3, $4::jsonb, false, $5, $6, now() + make_interval(secs => $7)
FROM turns t JOIN threads h ON h.id = t.thread_id WHERE t.id = $1
RETURNING *;

-- name: newest_turn
-- The last of a conversation that an agent had.
SELECT id, run FROM turns WHERE thread_id = $1 AND run IS NOT NULL ORDER BY id DESC LIMIT 1;

-- name: spent_by
-- What a subject spent in the days up to today.
SELECT COALESCE(sum(money), 0)::bigint AS money, COALESCE(sum(tokens), 0)::bigint AS tokens,
    COALESCE(sum(estimated_money + estimated_tokens), 0) > 0 AS estimated,
    COALESCE(sum(unpriced_tokens), 0)::bigint AS unpriced, COALESCE(sum(calls), 0)::bigint AS calls
FROM accounts WHERE bot_id = $1 AND scope = $2 AND subject = $3
  AND day > (now() AT TIME ZONE $4)::date - $5::integer AND day <= (now() AT TIME ZONE $4)::date;

-- name: spent_most
-- Who of a scope spent most today. The day's own index leads there: it has no rows of whole lives.
SELECT subject, money, tokens, estimated_money + estimated_tokens > 0 AS estimated, unpriced_tokens AS unpriced, calls
FROM accounts WHERE bot_id = $1 AND scope = $2 AND day = (now() AT TIME ZONE $3)::date AND day > '1970-01-01' AND calls > 0
ORDER BY money DESC, tokens DESC, subject LIMIT $4;

-- name: spent_turns
-- The last turns of a conversation that called a model, newest first.
SELECT a.subject, a.money, a.tokens, a.estimated_money + a.estimated_tokens > 0 AS estimated, a.unpriced_tokens AS unpriced, a.calls
FROM (SELECT id FROM turns WHERE thread_id = $2 AND run IS NOT NULL ORDER BY id DESC LIMIT $3) t
JOIN accounts a ON a.bot_id = $1 AND a.scope = 'turn' AND a.subject = t.id::text AND a.day = '1970-01-01'
WHERE a.calls > 0 ORDER BY t.id DESC;

-- name: spent_in_all
SELECT COALESCE(sum(money), 0)::bigint AS money, COALESCE(sum(tokens), 0)::bigint AS tokens,
    COALESCE(sum(estimated_money + estimated_tokens), 0) > 0 AS estimated,
    COALESCE(sum(unpriced_tokens), 0)::bigint AS unpriced, COALESCE(sum(calls), 0)::bigint AS calls
FROM accounts WHERE bot_id = $1 AND scope = $2 AND subject = $3 AND day = '1970-01-01';

-- name: untold_spending
-- Of threads without a running turn; a sub-agent has no AgentThread.
SELECT a.subject, CASE WHEN t.kind = 'conversation' THEN t.name END AS name, a.money, a.tokens,
    a.estimated_money + a.estimated_tokens > 0 AS estimated, a.unpriced_tokens AS unpriced, a.calls
FROM accounts a LEFT JOIN threads t ON t.id = a.subject::bigint
WHERE a.bot_id = $1 AND a.untold AND a.scope = 'thread'
  AND NOT EXISTS (SELECT 1 FROM turns u WHERE u.thread_id = t.id AND u.state IN ('delivered', 'started'))
ORDER BY a.subject LIMIT $2;

-- name: mark_told
-- Unless more was spent meanwhile.
UPDATE accounts SET untold = false WHERE bot_id = $1 AND scope = 'thread' AND subject = $2 AND day = '1970-01-01' AND calls = $3;
