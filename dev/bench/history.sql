-- A year of fifty people, made up: what `dev.bench.history` fills an empty, migrated database with. $BOT is the bot's id.
-- Threads 1..5000 are topics of one forum, -100; 5001..12000 are private chats; 12001..20000 are sub-agents.

INSERT INTO leader (bot_id, epoch, bot_name) VALUES ($BOT, 1, 'tg');
INSERT INTO threads (bot_id, chat_id, topic_id, name, title, named, title_written, place, run_counter)
SELECT $BOT, CASE WHEN g <= 5000 THEN -100 ELSE g END, CASE WHEN g <= 5000 THEN g END, 'tg-' || g, 'title ' || g,
    g % 4 = 0, CASE WHEN g % 1000 <> 0 THEN 'title ' || g END, CASE WHEN g % 40 = 0 THEN 'closed' ELSE 'open' END, 5
FROM generate_series(1, 12000) g;
INSERT INTO threads (bot_id, chat_id, topic_id, name, title, kind, run_counter)
SELECT $BOT, -100, 1 + g % 5000, 'tg-sub-' || g, 'task', 'subagent', 1 FROM generate_series(1, 8000) g;

-- Thread 1 is the busy one: it has a year of its own in it.
INSERT INTO turns (thread_id, update_id, message_id, person_id, text, state, run, created_at, delivered_at, started_at,
    ended_at)
SELECT CASE WHEN g % 80 = 0 THEN 1 WHEN g > 392000 THEN 12000 + g - 392000 ELSE 2 + g % 11999 END,
    g, g, 1 + g % 50, repeat('some words of a person ', 8), CASE WHEN g % 100 = 0 THEN 'cancelled' ELSE 'done' END, 1 + g / 80000,
    at, at, at, at + interval '1 minute'
FROM (SELECT g, now() - interval '5 minutes' - (400000 - g) * interval '79 seconds' AS at FROM generate_series(1, 400000) g) t;
INSERT INTO turns (thread_id, update_id, message_id, person_id, text, state, run)
SELECT g, 500000 + g, 500000 + g, 1 + g % 50, 'now', CASE WHEN g % 2 = 0 THEN 'started' ELSE 'queued' END, 6
FROM generate_series(1, 50) g;
INSERT INTO messages (thread_id, turn_id, role, text)
SELECT thread_id, id, 'user', text FROM turns WHERE id <= 400000
UNION ALL SELECT thread_id, id, 'assistant', repeat('words of an answer ', 10) FROM turns WHERE id <= 400000;
INSERT INTO usage (thread_id, run, turn_id, provider, model, input, output, status, milliseconds, created_at)
SELECT thread_id, 1, id, 'p', 'm', 1000, 100, 200, 900, created_at FROM turns WHERE id <= 400000;
INSERT INTO reactions (turn_id, settled) SELECT id, true FROM turns WHERE id <= 400000;
INSERT INTO turn_tools (turn_id, state) SELECT id, '{"total": 2, "failed": 0}' FROM turns WHERE id > 200000 AND id <= 400000;
INSERT INTO turn_views (turn_id, messages, message_ids)
SELECT id, '["so far"]', ARRAY[id] FROM turns WHERE id > 400000 OR id % 8000 = 0;
INSERT INTO steers (turn_id, thread_id, kind, update_id, message_id, text, state)
SELECT t.id, t.thread_id, CASE WHEN t.id % 200 = 0 THEN 'edit' ELSE 'steer' END, 1000000 + t.id, t.id, 'more',
    CASE WHEN t.id % 200 = 0 AND t.thread_id > 1 THEN 'wanted' ELSE 'read' END
FROM turns t WHERE t.id <= 400000 AND t.id % 10 = 0;

INSERT INTO runs (thread_id, number, state, hello_at, ready_at, ended_at, reason, files)
SELECT 1 + g % 12000, 1 + g / 12000, 'over', now(), now(), now(), 'IdleTimeout', 'kept' FROM generate_series(0, 49999) g;
INSERT INTO runs (thread_id, number, state, hello_at, ended_at) SELECT g, 1, 'over', now(), now() FROM generate_series(12001, 20000) g;
INSERT INTO runs (thread_id, number, state, hello_at, ready_at, seen_at, pod_uid)
SELECT g, 6, 'live', now(), now(), now(), 'pod-' || g FROM generate_series(1, 50) g;

-- A quarter of them are children of the busy thread.
INSERT INTO subagents (thread_id, parent_id, parent_run, call_id, number, turn_id, task, class_name, timeout, workspace, depth, uid,
    state, cancel, phase, result, created_at, finished_at, delivered_at, handed_turn)
SELECT 12000 + g, CASE WHEN g % 4 = 0 THEN 1 ELSE 2 + g % 3000 END, 1 + g / 400, 'call-' || g, g, g, 'task', 'default', 600, 'Copy', 1,
    'uid-' || g, CASE WHEN g % 400 = 0 THEN 'created' ELSE 'finished' END, CASE WHEN g % 10 = 0 THEN 'parent' END, 'Succeeded',
    repeat('a result ', 100), at, CASE WHEN g % 400 <> 0 THEN at END,
    CASE WHEN g % 400 <> 0 AND g % 10 <> 0 AND g % 500 <> 1 THEN at END, g
FROM (SELECT g, now() - (8000 - g) * interval '1 hour' AS at FROM generate_series(1, 8000) g) s;
INSERT INTO session_entries (session_id, ordinal, entry_id, line)
SELECT t.session_id, n, 'e' || n, repeat('x', 100) FROM threads t CROSS JOIN generate_series(1, 100) n WHERE t.id % 8 = 1;
INSERT INTO past_sessions (session_id, thread_id) SELECT gen_random_uuid(), 1 + g % 12000 FROM generate_series(1, 10000) g;

-- Two weeks of what was said, some of it after its topic was closed; what is to be said; what a closed topic holds.
INSERT INTO files (thread_id, name, media_type, bytes, created_at)
SELECT 1 + g % 12000, 'a.txt', 'text/plain', 3, now() - (10000 - g) * interval '2 minutes' FROM generate_series(1, 10000) g;
INSERT INTO file_chunks (file_id, ordinal, data) SELECT g, 0, 'abc' FROM generate_series(1, 10000) g;
INSERT INTO outbox (bot_id, dedupe_key, chat_id, topic_id, turn_id, kind, text, state, created_at, sent_at, held_at, file_id)
SELECT $BOT, 'turn:' || t.id, h.chat_id, h.topic_id, t.id, 'final', 'words', 'sent', at, at, CASE WHEN t.id % 100 = 0 THEN at END,
     CASE WHEN t.id % 10 = 0 THEN (t.id - 300000) / 10 END
FROM turns t CROSS JOIN LATERAL (SELECT now() - (400000 - t.id) * interval '12 seconds' AS at) x
    JOIN threads h ON h.id = t.thread_id WHERE t.id > 300000 AND t.id <= 400000;
INSERT INTO outbox (bot_id, dedupe_key, chat_id, topic_id, kind, text)
SELECT $BOT, 'new:' || g, CASE WHEN g % 2 = 0 THEN -100 ELSE 6000 END, CASE WHEN g % 2 = 0 THEN 1 + g % 50 END, 'reply', 'words'
FROM generate_series(1, 1000) g;
INSERT INTO outbox (bot_id, dedupe_key, chat_id, topic_id, kind, text, state, held_at, next_at)
SELECT $BOT, 'held:' || g, -100, 40 * (1 + g % 100), 'reply', 'words', 'held', now(), now() + interval '1 hour'
FROM generate_series(1, 500) g;

INSERT INTO workspaces (thread_id, run, bytes, created_at)
SELECT 1 + g / 2, 5, 3, now() - interval '1 day' - g * interval '3 minutes' FROM generate_series(0, 23999) g;
INSERT INTO workspaces (thread_id, run, call_id, bytes) SELECT 1 + g, 6, 'call-' || g, 3 FROM generate_series(1, 20) g;
INSERT INTO workspace_chunks (workspace_id, ordinal, data) SELECT g, 0, 'abc' FROM generate_series(1, 24000) g;
INSERT INTO inbox (bot_id, update_id, lane, payload, state, received_at, done_at)
SELECT $BOT, g, CASE WHEN g % 10 = 0 THEN '!' || g ELSE '-100/' || 1 + g % 5000 END, repeat('an update ', 30), 'done',
    now() - (50000 - g) * interval '3.4 seconds', now()
FROM generate_series(1, 50000) g;
INSERT INTO inbox (bot_id, update_id, lane, payload)
SELECT $BOT, 50000 + g, CASE WHEN g <= 1000 THEN '-100/7' ELSE 'chat ' || g END, 'an update' FROM generate_series(1, 1020) g;
INSERT INTO audit (at, person_id, action, subject)
SELECT now() - (40000 - g) * interval '10 minutes', 1 + g % 50, 'kill', 'x' FROM generate_series(1, 40000) g;
INSERT INTO confirms (action, bot_id, chat_id, person_id, subject, created_at)
SELECT 'cleanup', $BOT, 5001, 1, '[]', now() - (10000 - g) * interval '2 minutes' FROM generate_series(1, 10000) g;
INSERT INTO jobs (bot_id, kind, dedupe_key, thread_id, chat_id, state, created_at, ended_at)
SELECT $BOT, 'export', 'job:' || g, 1 + g % 12000, 5001, CASE WHEN g % 100 = 0 THEN 'due' ELSE 'done' END,
    now() - (10000 - g) * interval '2 minutes', now() - (10000 - g) * interval '2 minutes' FROM generate_series(1, 10000) g;
INSERT INTO pairings (bot_id, code, person_id, created_at)
SELECT $BOT, 'c' || g, g % 500, now() - (20000 - g) * interval '5 seconds' FROM generate_series(1, 20000) g;
INSERT INTO retired_resources (name, thread_id, state)
SELECT 'old-' || g, 1 + g % 12000, CASE WHEN g % 1000 = 0 THEN 'due' ELSE 'gone' END FROM generate_series(1, 5000) g;
INSERT INTO allowed (bot_id, person_id, approved_by) SELECT $BOT, g, 1 FROM generate_series(1, 50) g;
INSERT INTO chat_aliases (bot_id, chat_id, moved_to) SELECT $BOT, -g, -100 FROM generate_series(1, 3) g;
INSERT INTO cursor (bot_id, next_offset) VALUES ($BOT, 51021);
UPDATE threads SET due_at = now() - interval '1 minute' WHERE id % 1000 = 7;
