-- $CALLS model calls and the accounts that they leave, for `dev.bench.usage`; $BOT is the bot's id.

INSERT INTO threads (bot_id, chat_id, name, title) SELECT $BOT, g, 'tg-' || g, 't' FROM generate_series(1, 2000) g;
INSERT INTO turns (thread_id, person_id, text, state, run)
SELECT t.id, 1 + g % 500, 'x', 'done', 1 FROM generate_series(1, $CALLS / 5) g JOIN threads t ON t.chat_id = 1 + g % 2000;
INSERT INTO usage (thread_id, run, turn_id, provider, model, input, output, status, milliseconds, money, created_at)
SELECT t.thread_id, 1, t.id, 'p', 'm', 1000, 100, 200, 900, 1200, now() - t.id * interval '2 minutes'
FROM turns t CROSS JOIN generate_series(1, 5) n;
INSERT INTO accounts (bot_id, scope, subject, day, money, tokens, input, output, calls)
SELECT $BOT, 'turn', id::text, '1970-01-01', 6000, 5500, 5000, 500, 5 FROM turns;
INSERT INTO accounts (bot_id, scope, subject, day, money, tokens, input, output, calls)
SELECT $BOT, 'thread', thread_id::text, '1970-01-01', count(*) * 6000, count(*) * 5500, 1, 1, count(*) * 5 FROM turns GROUP BY 3;
INSERT INTO accounts (bot_id, scope, subject, day, money, tokens, input, output, calls)
SELECT $BOT, 'person', p::text, current_date - d, 6000, 5500, 1, 1, 5 FROM generate_series(1, 500) p, generate_series(0, 364) d;
INSERT INTO accounts (bot_id, scope, subject, day, money, tokens, input, output, calls)
SELECT $BOT, s.scope, s.subject, current_date - d, 6000, 5500, 1, 1, 5
FROM (VALUES ('day', ''), ('class', 'default'), ('class', 'large')) s (scope, subject), generate_series(0, 364) d;
