-- What may be spent, what is reserved for model calls under way, and what was spent.
SET LOCAL lock_timeout = '10s';

ALTER TABLE usage ADD COLUMN IF NOT EXISTS written bigint NOT NULL DEFAULT 0;   -- of the input, written to the provider's cache
ALTER TABLE usage ADD COLUMN IF NOT EXISTS money bigint;                        -- micro-dollars; NULL: the model has no price
ALTER TABLE usage ADD COLUMN IF NOT EXISTS estimated boolean NOT NULL DEFAULT false;  -- the provider did not tell
ALTER TABLE usage ADD COLUMN IF NOT EXISTS class_name text;
CREATE INDEX IF NOT EXISTS usage_created ON usage (created_at);

-- Limits. Of one scope the nearest holds: from the chat for this very subject, from the chat for all, of the class, of the
-- settings. One without money and tokens sets no limit. A turn's and a conversation's are for their whole lives, the others
-- for a day.
CREATE TABLE IF NOT EXISTS budgets (
    bot_id      bigint NOT NULL,
    scope       text   NOT NULL CHECK (scope IN ('turn', 'thread', 'person', 'class', 'day')),
    source      text   NOT NULL CHECK (source IN ('chat', 'class', 'settings')),
    class_name  text   NOT NULL DEFAULT '',      -- source class: which
    subject     text   NOT NULL DEFAULT '',      -- source chat: a thread's, turn's or person's id, a class's name; '' every one
    money       bigint CHECK (money >= 0),       -- micro-dollars
    tokens      bigint CHECK (tokens >= 0),
    set_by      bigint,
    set_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (bot_id, scope, source, class_name, subject)
);

-- What each subject has spent and what is reserved for it, in all or on one day.
CREATE TABLE IF NOT EXISTS accounts (
    bot_id          bigint NOT NULL,
    scope           text   NOT NULL,
    subject         text   NOT NULL,             -- as in budgets; '' of a day
    day             date   NOT NULL,             -- in the gateway's time zone; of a turn and a thread 1970-01-01
    reserved_money  bigint NOT NULL DEFAULT 0,
    reserved_tokens bigint NOT NULL DEFAULT 0,
    money           bigint NOT NULL DEFAULT 0,   -- spent
    tokens          bigint NOT NULL DEFAULT 0,
    estimated_money bigint NOT NULL DEFAULT 0,   -- of it, not as a provider told
    estimated_tokens bigint NOT NULL DEFAULT 0,
    unpriced_tokens bigint NOT NULL DEFAULT 0,   -- of it, of models without a price
    input           bigint NOT NULL DEFAULT 0,
    output          bigint NOT NULL DEFAULT 0,
    cached          bigint NOT NULL DEFAULT 0,
    calls           bigint NOT NULL DEFAULT 0,
    raised_money    bigint NOT NULL DEFAULT 0,   -- what people added to the limit, of this subject and day
    raised_tokens   bigint NOT NULL DEFAULT 0,
    offer_money     bigint,                      -- what the question adds that was asked near the limit
    offer_tokens    bigint,
    refused_money   bigint,                      -- the limit at which a call was refused last
    refused_tokens  bigint,
    decision_id     bigint,                      -- that question; NULL: none was asked since the limit was raised
    untold          boolean NOT NULL DEFAULT false,  -- of a thread: its AgentThread does not say it yet
    PRIMARY KEY (bot_id, scope, subject, day)
) WITH (fillfactor = 70);
CREATE INDEX IF NOT EXISTS accounts_untold ON accounts (bot_id, subject) WHERE untold;
CREATE INDEX IF NOT EXISTS accounts_days ON accounts (bot_id, day, scope) WHERE day > '1970-01-01';
CREATE INDEX IF NOT EXISTS accounts_asked ON accounts (decision_id) WHERE decision_id IS NOT NULL;

-- One for each model call under way.
CREATE TABLE IF NOT EXISTS reservations (
    id          uuid   PRIMARY KEY,              -- given by the gateway, so that it can be asked for twice
    bot_id      bigint NOT NULL,
    epoch       bigint NOT NULL,                 -- of the gateway that makes the call
    thread_id   bigint NOT NULL,
    run         integer NOT NULL,
    turn_id     bigint,
    provider    text   NOT NULL,
    model       text   NOT NULL,
    class_name  text   NOT NULL,
    input       bigint NOT NULL,                 -- tokens
    output      bigint NOT NULL,
    money       bigint,                          -- NULL: the model has no price
    scopes      text[] NOT NULL,                 -- the accounts that it is reserved from
    subjects    text[] NOT NULL,
    days        date[] NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE decisions DROP CONSTRAINT IF EXISTS decisions_kind_check;
ALTER TABLE decisions ADD CONSTRAINT decisions_kind_check
    CHECK (kind IN ('question', 'select', 'confirm', 'input', 'approval', 'plan', 'change', 'budget'));

-- The accounts that a call is paid from, with their limits: the turn that a person asked for, the thread and those above
-- it, the person, the classes of these threads, and the day.
CREATE OR REPLACE FUNCTION openclaw_accounts(bot bigint, thread bigint, run_number integer, turn bigint, today date)
RETURNS TABLE (scope text, subject text, day date, max_money bigint, max_tokens bigint, class_name text)
LANGUAGE sql STABLE AS $$
WITH RECURSIVE up AS (
    SELECT thread AS thread_id, run_number AS run, turn AS turn_id, 0 AS height
    UNION ALL
    SELECT s.parent_id, s.parent_run, s.turn_id, u.height + 1 FROM up u JOIN subagents s ON s.thread_id = u.thread_id
    WHERE s.parent_id IS NOT NULL AND u.height < 16
), levels AS (
    SELECT u.*, COALESCE(
        (SELECT s.class_name FROM subagents s WHERE s.thread_id = u.thread_id),
        (SELECT r.class_name FROM runs r WHERE r.thread_id = u.thread_id AND r.number = u.run),
        (SELECT r.class_name FROM runs r WHERE r.thread_id = u.thread_id AND r.class_name IS NOT NULL ORDER BY r.number DESC LIMIT 1),
        'default') AS class_name FROM up u
), root AS (
    SELECT class_name FROM levels ORDER BY height DESC LIMIT 1
), asked AS (
    SELECT t.id, t.person_id FROM levels l JOIN turns t ON t.id = l.turn_id ORDER BY l.height DESC LIMIT 1
), found AS (
    SELECT 'turn' AS scope, a.id::text AS subject, '1970-01-01'::date AS day, r.class_name FROM asked a, root r
    UNION ALL SELECT 'thread', l.thread_id::text, '1970-01-01'::date, l.class_name FROM levels l
    UNION ALL SELECT 'person', a.person_id::text, today, r.class_name FROM asked a, root r WHERE a.person_id IS NOT NULL
    UNION ALL SELECT DISTINCT 'class', l.class_name, today, l.class_name FROM levels l
    UNION ALL SELECT 'day', '', today, r.class_name FROM root r
)
SELECT f.scope, f.subject, f.day, b.money, b.tokens, f.class_name FROM found f LEFT JOIN LATERAL (
    SELECT b.money, b.tokens FROM budgets b WHERE b.bot_id = bot AND b.scope = f.scope AND (
        (b.source = 'chat' AND b.subject IN (f.subject, '')) OR (b.source = 'class' AND b.class_name = f.class_name)
        OR b.source = 'settings')
    ORDER BY CASE WHEN b.source = 'chat' AND b.subject = f.subject THEN 0 WHEN b.source = 'chat' THEN 1
                  WHEN b.source = 'class' THEN 2 ELSE 3 END LIMIT 1
) b ON true
$$;

-- Reserves what a call may use at most, from all of its accounts or from none. Accounts are locked in one order, here and
-- wherever else several are, so that nobody waits in a ring: turn, thread, person, day, class, those that most calls share
-- last, as they are held the shortest then. An account bears a call that fits into what is left; one
-- from which nothing else is reserved bears a last call that fits but for its output. least_cost and least_tokens: what the
-- call uses if it answers next to nothing.
CREATE OR REPLACE FUNCTION openclaw_reserve(bot bigint, expected bigint, reservation uuid, thread bigint, run_number integer,
    turn bigint, zone text, provider text, model text, input bigint, output bigint, cost bigint, least_cost bigint, least_tokens bigint)
RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    today date := (now() AT TIME ZONE zone)::date;
    account record;
    near jsonb := '[]';
    one jsonb;
    busy jsonb;
    spent jsonb;
    unpriced jsonb;
    need bigint := input + output;
    keys jsonb;
BEGIN
    IF NOT openclaw_fence(bot, expected) THEN RETURN '{"outcome": "lost"}'; END IF;
    IF EXISTS (SELECT 1 FROM reservations r WHERE r.id = reservation) THEN RETURN '{"outcome": "reserved", "near": []}'; END IF;
    SELECT jsonb_agg(to_jsonb(c) ORDER BY c.scope DESC, c.subject, c.day) INTO keys
    FROM openclaw_accounts(bot, thread, run_number, turn, today) c;
    INSERT INTO accounts (bot_id, scope, subject, day)
    SELECT bot, k.scope, k.subject, k.day FROM jsonb_to_recordset(keys) AS k(scope text, subject text, day date)
    WHERE NOT EXISTS (SELECT 1 FROM accounts a WHERE a.bot_id = bot AND a.scope = k.scope AND a.subject = k.subject AND a.day = k.day)
    ORDER BY k.scope DESC, k.subject, k.day ON CONFLICT DO NOTHING;
    FOR account IN
        SELECT a.*, k.max_money + a.raised_money AS most_money, k.max_tokens + a.raised_tokens AS most_tokens, k.max_money, k.max_tokens
        FROM accounts a JOIN jsonb_to_recordset(keys) AS k(scope text, subject text, day date, max_money bigint, max_tokens bigint)
            ON a.scope = k.scope AND a.subject = k.subject AND a.day = k.day
        WHERE a.bot_id = bot ORDER BY a.scope DESC, a.subject, a.day FOR UPDATE OF a
    LOOP  -- of several that do not bear it the first is told, which is the narrowest
        one := jsonb_build_object('scope', account.scope, 'subject', account.subject, 'day', account.day,
            'money', account.money, 'most_money', account.most_money, 'tokens', account.tokens, 'most_tokens', account.most_tokens,
            'max_money', account.max_money, 'max_tokens', account.max_tokens);
        IF account.max_money IS NOT NULL AND cost IS NULL THEN
            unpriced := COALESCE(unpriced, one);
        ELSIF account.money + least_cost > account.most_money OR account.tokens + least_tokens > account.most_tokens THEN
            spent := COALESCE(spent, one);
            UPDATE accounts a SET
                refused_money = CASE WHEN account.money + least_cost > account.most_money THEN account.most_money ELSE a.refused_money END,
                refused_tokens = CASE WHEN account.tokens + least_tokens > account.most_tokens THEN account.most_tokens ELSE a.refused_tokens END
            WHERE a.bot_id = bot AND a.scope = account.scope AND a.subject = account.subject AND a.day = account.day;
        ELSIF (account.money + account.reserved_money + cost > account.most_money AND account.reserved_money > 0)
           OR (account.tokens + account.reserved_tokens + need > account.most_tokens AND account.reserved_tokens > 0) THEN
            busy := COALESCE(busy, one);
        ELSIF account.decision_id IS NULL AND (account.money * 5 >= account.most_money * 4 OR account.tokens * 5 >= account.most_tokens * 4) THEN
            near := near || one;
        END IF;
    END LOOP;
    IF unpriced IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'unpriced', 'account', unpriced); END IF;
    IF spent IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'spent', 'account', spent); END IF;
    IF busy IS NOT NULL THEN RETURN jsonb_build_object('outcome', 'busy', 'account', busy); END IF;
    UPDATE accounts a SET reserved_money = a.reserved_money + COALESCE(cost, 0), reserved_tokens = a.reserved_tokens + need
    FROM jsonb_to_recordset(keys) AS k(scope text, subject text, day date)
    WHERE a.bot_id = bot AND a.scope = k.scope AND a.subject = k.subject AND a.day = k.day;
    INSERT INTO reservations (id, bot_id, epoch, thread_id, run, turn_id, provider, model, class_name, input, output, money,
        scopes, subjects, days)
    SELECT reservation, bot, expected, thread, run_number, turn, provider, model,
        (SELECT c.class_name FROM jsonb_to_recordset(keys) AS c(scope text, subject text, class_name text)
         WHERE c.scope = 'thread' AND c.subject = thread::text),
        input, output, cost, array_agg(k.scope ORDER BY k.scope DESC, k.subject, k.day),
        array_agg(k.subject ORDER BY k.scope DESC, k.subject, k.day), array_agg(k.day ORDER BY k.scope DESC, k.subject, k.day)
    FROM jsonb_to_recordset(keys) AS k(scope text, subject text, day date);
    RETURN jsonb_build_object('outcome', 'reserved', 'near', near);
END
$$;

-- Gives back what was reserved for a call and records what it used; once. NULL: it is settled already.
CREATE OR REPLACE FUNCTION openclaw_settle(bot bigint, expected bigint, reservation uuid, answered text, used_input bigint,
    used_output bigint, used_cached bigint, used_written bigint, cost bigint, guessed boolean, http_status integer, took integer)
RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    held reservations%ROWTYPE;
    used bigint := used_input + used_output;
    unpriced boolean;
BEGIN
    IF NOT openclaw_fence(bot, expected) THEN RETURN 'lost'; END IF;
    DELETE FROM reservations r WHERE r.id = reservation RETURNING * INTO held;
    IF NOT FOUND THEN RETURN NULL; END IF;
    unpriced := held.money IS NULL;
    INSERT INTO usage (thread_id, run, turn_id, provider, model, input, output, cached, written, money, estimated, class_name,
        status, milliseconds)
    SELECT held.thread_id, held.run, (SELECT t.id FROM turns t WHERE t.id = held.turn_id), held.provider, answered, used_input,
        used_output, used_cached, used_written, CASE WHEN unpriced THEN NULL ELSE cost END, guessed, held.class_name, http_status, took
    WHERE EXISTS (SELECT 1 FROM threads t WHERE t.id = held.thread_id);
    PERFORM 1 FROM accounts a JOIN unnest(held.scopes, held.subjects, held.days) AS k(scope, subject, day)
        ON a.scope = k.scope AND a.subject = k.subject AND a.day = k.day
        WHERE a.bot_id = bot ORDER BY a.scope DESC, a.subject, a.day FOR UPDATE OF a;
    UPDATE accounts a SET reserved_money = a.reserved_money - COALESCE(held.money, 0),
        reserved_tokens = a.reserved_tokens - held.input - held.output,
        money = a.money + CASE WHEN unpriced THEN 0 ELSE cost END, tokens = a.tokens + used,
        estimated_money = a.estimated_money + CASE WHEN guessed AND NOT unpriced THEN cost ELSE 0 END,
        estimated_tokens = a.estimated_tokens + CASE WHEN guessed THEN used ELSE 0 END,
        unpriced_tokens = a.unpriced_tokens + CASE WHEN unpriced THEN used ELSE 0 END,
        untold = a.untold OR a.scope = 'thread', input = a.input + used_input, output = a.output + used_output, cached = a.cached + used_cached, calls = a.calls + 1
    FROM unnest(held.scopes, held.subjects, held.days) AS k(scope, subject, day)
    WHERE a.bot_id = bot AND a.scope = k.scope AND a.subject = k.subject AND a.day = k.day;
    RETURN held.class_name;
END
$$;
