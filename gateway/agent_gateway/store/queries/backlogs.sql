-- name: inbox_backlog
SELECT count(*) AS waiting, COALESCE(extract(epoch FROM now() - min(received_at)), 0)::float AS age FROM inbox
WHERE bot_id = $1 AND state = 'new';

-- name: outbox_backlog
SELECT count(*) AS waiting, COALESCE(extract(epoch FROM now() - min(created_at)), 0)::float AS age FROM outbox
WHERE bot_id = $1 AND state IN ('pending', 'sending');

-- name: turn_backlog
-- Turns of conversations that have not ended, by state, with the seconds for which the oldest has been in it.
SELECT t.state, count(*) AS waiting, extract(epoch FROM now() - min(
        CASE t.state WHEN 'queued' THEN t.created_at WHEN 'delivered' THEN t.delivered_at ELSE t.started_at END))::float AS age
FROM turns t JOIN threads h ON h.id = t.thread_id
WHERE t.state IN ('queued', 'delivered', 'started') AND h.bot_id = $1 AND h.kind = 'conversation' GROUP BY t.state;

-- name: run_backlog
-- Runs that are wanted and whose runner has not said a word, sub-agents' too.
SELECT count(*) AS waiting, COALESCE(extract(epoch FROM now() - min(r.wanted_at)), 0)::float AS age
FROM runs r JOIN threads h ON h.id = r.thread_id WHERE r.state <> 'over' AND r.hello_at IS NULL AND h.bot_id = $1;

-- name: budget_levels
-- Today's accounts of everybody together and of classes that have a limit, with the part of it that is spent; a class's
-- limit is found as `openclaw_accounts` finds it. $2: the zone in which a day ends, $3: at most so many.
SELECT a.scope, a.subject, GREATEST(
        a.money::float / NULLIF(l.money + a.raised_money, 0), a.tokens::float / NULLIF(l.tokens + a.raised_tokens, 0)) AS level
FROM accounts a CROSS JOIN LATERAL (
    SELECT b.money, b.tokens FROM budgets b WHERE b.bot_id = a.bot_id AND b.scope = a.scope AND (
        (b.source = 'chat' AND b.subject IN (a.subject, '')) OR b.source = 'settings'
        OR (b.source = 'class' AND a.scope = 'class' AND b.class_name = a.subject))
    ORDER BY CASE WHEN b.source = 'chat' AND b.subject = a.subject THEN 0 WHEN b.source = 'chat' THEN 1
                  WHEN b.source = 'class' THEN 2 ELSE 3 END LIMIT 1
) l
WHERE a.bot_id = $1 AND a.scope IN ('day', 'class') AND a.day = (now() AT TIME ZONE $2)::date AND a.day > '1970-01-01'
    AND (l.money IS NOT NULL OR l.tokens IS NOT NULL)
ORDER BY level DESC NULLS FIRST LIMIT $3;
