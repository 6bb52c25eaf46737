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
    ended_at, before_line, before_session, undone)
SELECT thread, g, g, 1 + g % 50, repeat('some words of a person ', 8), CASE WHEN g % 100 = 0 THEN 'cancelled' ELSE 'done' END, 1 + g / 80000,
    at, at, at, at + interval '1 minute', 5, h.session_id, CASE WHEN g % 500 = 0 THEN g / 500 END
FROM (SELECT g, now() - interval '5 minutes' - (400000 - g) * interval '79 seconds' AS at,
      CASE WHEN g % 80 = 0 THEN 1 WHEN g > 392000 THEN 12000 + g - 392000 ELSE 2 + g % 11999 END AS thread
      FROM generate_series(1, 400000) g) t JOIN threads h ON h.id = t.thread ORDER BY g;
INSERT INTO turns (thread_id, update_id, message_id, person_id, text, state, run)
SELECT g, 500000 + g, 500000 + g, 1 + g % 50, 'now', CASE WHEN g % 2 = 0 THEN 'started' ELSE 'queued' END, 6
FROM generate_series(1, 50) g;
-- All messages hold the same words, which are not cut one by one: that would take minutes.
DROP INDEX messages_words;
CREATE OR REPLACE FUNCTION openclaw_words(thread bigint, said text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 20000 AS $$
BEGIN
    RETURN array_to_tsvector(ARRAY['#' || COALESCE(thread, 0), 'words']);
END
$$;
INSERT INTO messages (thread_id, turn_id, role, text)
SELECT thread_id, id, 'user', text FROM turns WHERE id <= 400000
UNION ALL SELECT thread_id, id, 'assistant', repeat('words of an answer ', 10) FROM turns WHERE id <= 400000;
CREATE INDEX messages_words ON messages USING gin (openclaw_words(thread_id, text));
INSERT INTO usage (thread_id, run, turn_id, provider, model, input, output, status, milliseconds, created_at)
SELECT thread_id, 1, id, 'p', 'm', 1000, 100, 200, 900, created_at FROM turns WHERE id <= 400000;
INSERT INTO turn_parts (turn_id, message_id, text) SELECT id, id, 'words' FROM turns WHERE id > 200000;
INSERT INTO overheard (bot_id, chat_id, topic, message_id, name, text, said_at)
SELECT $BOT, -n % 500, 0, n, 'p', 'words', now() - n * interval '5 seconds' FROM generate_series(1, 100000) n;
INSERT INTO people (bot_id, person_id, seen) SELECT $BOT, n, 'en' FROM generate_series(1, 20000) n;
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
INSERT INTO session_entries (session_id, ordinal, entry_id, line, kind, parent_id, pictures)
SELECT t.session_id, n, 'e' || n, repeat('x', 100), CASE n WHEN 1 THEN 'model_change' ELSE 'message' END, 'e' || n - 1, '{}'
FROM threads t CROSS JOIN generate_series(1, 100) n WHERE t.id % 8 = 1;
INSERT INTO pictures (session_id, hash, data) SELECT t.session_id, 'h' || n, 'abc' FROM threads t CROSS JOIN generate_series(1, 10) n
WHERE t.id % 8 = 1;
INSERT INTO past_sessions (session_id, thread_id) SELECT gen_random_uuid(), 1 + g % 12000 FROM generate_series(1, 10000) g;

-- Two weeks of what was said, some of it after its topic was closed; what is to be said; what a closed topic holds.
INSERT INTO files (thread_id, root_id, name, media_type, bytes, held, created_at)
SELECT 1 + g % 12000, 1 + g % 12000, 'a.txt', 'text/plain', 3, CASE WHEN g > 9900 THEN 3 ELSE 0 END, now() - (10000 - g) * interval '2 minutes' FROM generate_series(1, 10000) g;
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

INSERT INTO workspaces (thread_id, root_id, run, bytes, held, created_at)
SELECT 1 + g / 2, 1 + g / 2, 5, 3, 3, now() - interval '1 day' - g * interval '3 minutes' FROM generate_series(0, 23999) g;
INSERT INTO workspaces (thread_id, root_id, run, call_id, bytes, held) SELECT 1 + g, 1 + g, 6, 'call-' || g, 3, 3 FROM generate_series(1, 20) g;
INSERT INTO workspace_chunks (workspace_id, ordinal, data) SELECT g, 0, 'abc' FROM generate_series(1, 24000) g;
INSERT INTO kept_packs (thread_id, run, sha, bytes, held, loose_at)
SELECT 1 + g / 2, 5, sha256(g::text::bytea), 3, 3, CASE WHEN g % 100 = 0 THEN now() - g * interval '1 minute' END
FROM generate_series(0, 23999) g;
INSERT INTO kept_pack_rows (pack_id, ordinal, data) SELECT g, 0, 'abc' FROM generate_series(1, 24000) g;
INSERT INTO kept_states (thread_id, run, turn_id, packs, body, files, bytes, over, created_at, undone)
SELECT 1 + g / 2, 5, 400000 - g, ARRAY[g + 1], 'abc', 1, 1, 0, now() - interval '1 day' - g * interval '3 minutes',
    CASE WHEN g % 50 = 0 THEN 1 + g / 50 END
FROM generate_series(0, 23999) g;
INSERT INTO kept_states (thread_id, run, call_id, packs, body, files, bytes, over)
SELECT 1 + g, 6, 'call-' || g, '{}', 'abc', 1, 1, 0 FROM generate_series(1, 20) g;
INSERT INTO kept_packs (thread_id, run, sha, bytes, held, data_id)
SELECT 1 + g / 2, 5, sha256(('other ' || g)::bytea), 3, 0, 1 + g FROM generate_series(0, 5999) g;
INSERT INTO kept_rooms (thread_id, bytes) SELECT thread_id, sum(held) FROM kept_packs GROUP BY thread_id;
INSERT INTO pushed_refs (thread_id, connection, path, ref, oid)
SELECT g, 'git', 'acme/api', 'refs/heads/' || n, 'c' || g || '-' || n FROM generate_series(1, 2000) g, generate_series(1, 5) n;
INSERT INTO pull_requests (bot_id, thread_id, connection, path, head, base, number, state, news_at, next_at)
SELECT $BOT, 1 + g % 6000, 'git', 'acme/api', 'agent/' || g, 'main', g, CASE WHEN g > 11800 THEN 'open' ELSE 'merged' END,
    now() - (12000 - g) * interval '20 minutes', CASE WHEN g > 11800 THEN now() + (g - 11900) * interval '1 second' END
FROM generate_series(1, 12000) g;
INSERT INTO pull_news (pull_id, key, kind, author, turn_id)
SELECT 1 + g % 12000, 'review:' || g, 'review', 'p', CASE WHEN g % 50 > 0 THEN g END FROM generate_series(1, 60000) g;
INSERT INTO schedules (bot_id, name, uid, thread_id, person_id, spec, state, wish, next_at, last_at, told, created_at)
SELECT $BOT, 's-' || g, 'uid-' || g, 1 + g % 6000, 1 + g % 50, '{}', CASE WHEN g > 11000 THEN 'live' ELSE 'gone' END,
    CASE WHEN g % 1000 = 0 THEN 'delete' END, CASE WHEN g > 11000 THEN now() + (g - 11010) * interval '1 minute' END, now(),
    CASE WHEN g % 50 = 0 THEN 0 ELSE 1 END, now() - (12000 - g) * interval '10 minutes' FROM generate_series(1, 12000) g;
INSERT INTO schedule_turns (uid, due_at, schedule_id, turn_id, outcome, asked_at)
SELECT 'uid-' || 1 + g % 12000, now() - g * interval '8 minutes', 1 + g % 12000, 300000 + g,
    CASE WHEN g <= 50 THEN 'Asked' ELSE 'Succeeded' END, now() - g * interval '8 minutes' FROM generate_series(1, 60000) g;
INSERT INTO linked_accounts (bot_id, person_id, connection, login, email, sealed, language)
SELECT $BOT, g, 'git', 'p' || g, '', 'abc', 'en' FROM generate_series(1, 20000) g;
INSERT INTO account_flows (bot_id, person_id, connection, language, due_at, expires_at)
SELECT $BOT, g, 'git', 'en', now() + (g - 100) * interval '1 second', now() + interval '1 hour' FROM generate_series(1, 6000) g;
INSERT INTO thread_repositories (thread_id, connection, path, rules_due)
SELECT g, 'git', 'acme/api', CASE WHEN g % 1000 = 0 THEN now() END FROM generate_series(1, 12000) g;
INSERT INTO thread_narrowed (thread_id, field, rules, due_at)
SELECT g, f, '[]', now() FROM generate_series(1, 12000, 100) g, unnest(ARRAY['apis', 'mcpServers']) f;
INSERT INTO undos (thread_id, session_id, line_from, line_to, person_id, created_at, state, ended_at)
SELECT t.id, t.session_id, 90, 95, 1, now() - t.id * interval '3 minutes', CASE WHEN t.id % 2 = 0 THEN 'back' ELSE 'undone' END,
    CASE WHEN t.id % 2 = 0 THEN now() - t.id * interval '2 minutes' END FROM threads t WHERE t.id <= 12000;
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
INSERT INTO decisions (bot_id, thread_id, run, call_id, turn_id, chat_id, kind, text, approvers, state, created_at, expires_at,
    ended_at, closed, taken_at)
SELECT $BOT, t.thread_id, 5, 'call-' || t.id, t.id, 5001, 'question', 'which?', 'Members', 'answered',
    now() - (400000 - t.id) * interval '5 seconds', now(), now() - (400000 - t.id) * interval '5 seconds', true, now()
FROM turns t WHERE t.id <= 400000 AND t.id % 20 = 0;
INSERT INTO decisions (bot_id, thread_id, run, call_id, turn_id, chat_id, kind, text, approvers, expires_at)
SELECT $BOT, g, 5, 'open-' || g, g, 5001, 'question', 'which?', 'Members', now() + g * interval '1 second'
FROM generate_series(1, 200) g;
INSERT INTO approvals (thread_id, rule, person_id, person_name)
SELECT g, 'bash: ' || n, 1, 'P' FROM generate_series(1, 2000) g, generate_series(1, 3) n;
INSERT INTO jobs (bot_id, kind, dedupe_key, thread_id, chat_id, state, created_at, ended_at)
SELECT $BOT, 'export', 'job:' || g, 1 + g % 12000, 5001, CASE WHEN g % 100 = 0 THEN 'due' ELSE 'done' END,
    now() - (10000 - g) * interval '2 minutes', now() - (10000 - g) * interval '2 minutes' FROM generate_series(1, 10000) g;
INSERT INTO pairings (bot_id, code, person_id, created_at)
SELECT $BOT, 'c' || g, g % 500, now() - (20000 - g) * interval '5 seconds' FROM generate_series(1, 20000) g;
INSERT INTO retired_resources (name, thread_id, state)
SELECT 'old-' || g, 1 + g % 12000, CASE WHEN g % 1000 = 0 THEN 'due' ELSE 'gone' END FROM generate_series(1, 5000) g;
INSERT INTO claims (pod_uid, job_name, thread_id, run, claimed_at)
SELECT 'pod-' || g, 'default-w' || g, 1 + g % 12000, 1000 + g, now() - (20000 - g) * interval '5 minutes' FROM generate_series(1, 20000) g;
INSERT INTO allowed (bot_id, person_id, approved_by) SELECT $BOT, g, 1 FROM generate_series(1, 50) g;
INSERT INTO chat_aliases (bot_id, chat_id, moved_to) SELECT $BOT, -g, -100 FROM generate_series(1, 3) g;
INSERT INTO cursor (bot_id, next_offset) VALUES ($BOT, 51021);
UPDATE threads SET due_at = now() - interval '1 minute' WHERE id % 1000 = 7;
INSERT INTO quotas (thread_id, session_id, session_bytes, family_bytes) SELECT id, session_id, 1000, 1000 FROM threads WHERE id <= 12000;

-- What the year cost: of each turn, each conversation, each person, class and day.
INSERT INTO accounts (bot_id, scope, subject, day, money, tokens, calls)
SELECT $BOT, 'turn', id::text, '1970-01-01', 6000, 5500, 5 FROM turns WHERE id <= 400000;
INSERT INTO accounts (bot_id, scope, subject, day, money, tokens, calls, untold)
SELECT $BOT, 'thread', g::text, '1970-01-01', 60000, 55000, 50, g % 100 = 0 FROM generate_series(1, 20000) g;
INSERT INTO accounts (bot_id, scope, subject, day, money, tokens, calls)
SELECT $BOT, 'person', p::text, current_date - d, 6000, 5500, 5 FROM generate_series(1, 50) p, generate_series(0, 364) d;
INSERT INTO accounts (bot_id, scope, subject, day, money, tokens, calls)
SELECT $BOT, s.scope, s.subject, current_date - d, 6000, 5500, 5
FROM (VALUES ('day', ''), ('class', 'default'), ('class', 'large')) s (scope, subject), generate_series(0, 364) d;
INSERT INTO budgets (bot_id, scope, source, money) VALUES ($BOT, 'turn', 'chat', 1000000000), ($BOT, 'day', 'settings', 1000000000);

-- What hooks brought in a month, and what was told of checks.
INSERT INTO hook_deliveries (bot_id, hook, delivery, body, event, prompt, checked, outcome, received_at)
SELECT $BOT, 'h' || g % 3, 'd' || g, 'b' || g, 'e', CASE WHEN g > 11990 AND g % 2 = 0 THEN 'do' END,
    CASE WHEN g > 11990 AND g % 2 = 1 THEN '{"sha": "abc"}'::jsonb END, CASE WHEN g % 2 = 0 THEN 'asked' ELSE 'checked' END,
    now() - (12000 - g) * interval '3 minutes' FROM generate_series(1, 12000) g;
INSERT INTO check_results (thread_id, connection, path, sha, verdict, turn_id, told_at)
SELECT 1 + g % 2000, 'git', 'acme/api', 's' || g, 'failed', CASE WHEN g % 3 = 0 THEN g END, now() - (12000 - g) * interval '3 minutes'
FROM generate_series(1, 12000) g;
INSERT INTO searches (thread_id, words, created_at) SELECT 1 + g % 12000, 'some words', now() - g * interval '40 seconds' FROM generate_series(1, 20000) g;
INSERT INTO notes (bot_id, scope, thread_id, chat_id, person_id, text)
SELECT $BOT, CASE WHEN h.id % 50 = 0 THEN 'chat' ELSE 'conversation' END, h.id, h.chat_id, 1 + h.id % 50, 'a note' FROM threads h WHERE h.id <= 12000;
INSERT INTO notes (bot_id, scope, thread_id, chat_id, person_id, text)
SELECT $BOT, 'person', h.id, h.chat_id, h.chat_id, 'a note' FROM threads h WHERE h.id BETWEEN 5001 AND 12000;
INSERT INTO notes_told (thread_id, session_id, turn_id, digest) SELECT id, session_id, 1, 'x' FROM threads WHERE id <= 12000;
INSERT INTO session_names (session_id, thread_id, name) SELECT session_id, id, 'a name' FROM threads WHERE id <= 12000;

-- What was asked by `kubectl openclaw` in a month.
INSERT INTO console_requests (bot_id, request, thread_id, action, person, turn_id, asked_at)
SELECT $BOT, md5(g::text)::uuid, 1 + g % 12000, 'say', 'p' || g % 20, g, now() - (12000 - g) * interval '3 minutes' FROM generate_series(1, 12000) g;
INSERT INTO retention (bot_id, class_name, message_days, file_days, usage_days, changed_at)
VALUES ($BOT, 'default', 30, 30, 30, now() - interval '1 year'), ($BOT, 'large', 3650, NULL, NULL, now());
