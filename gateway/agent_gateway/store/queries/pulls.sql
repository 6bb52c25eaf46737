-- name: want_pull
-- One that was wanted within the hour and is not known to be opened is the same one again, wanted since then. It is looked
-- for after a while, should nobody hear what became of it.
INSERT INTO pull_requests (bot_id, thread_id, connection, path, head, base, person_id, title, next_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $9))
ON CONFLICT (thread_id, connection, lower(path), head, base) WHERE number IS NULL
DO UPDATE SET title = EXCLUDED.title, person_id = EXCLUDED.person_id, next_at = EXCLUDED.next_at, failures = 0,
    problem = NULL, wanted_at = CASE WHEN pull_requests.wanted_at < now() - interval '1 hour' THEN now() ELSE pull_requests.wanted_at END RETURNING *;

-- name: drop_wanted_pull
DELETE FROM pull_requests WHERE id = $1 AND number IS NULL;

-- name: drop_unfound_pull
-- But for one that was wanted again meanwhile.
DELETE FROM pull_requests WHERE id = $1 AND number IS NULL AND next_at <= now();

-- name: drop_wanted_twin
-- It was opened before and is followed already: that row is the one that stays.
DELETE FROM pull_requests WHERE id = $1 AND number IS NULL AND EXISTS (
    SELECT 1 FROM pull_requests o WHERE o.thread_id = $2 AND o.connection = $3 AND lower(o.path) = lower($4) AND o.number = $5
);

-- name: pull_opened
UPDATE pull_requests SET number = $2, url = $3, title = $4, sha = $5, state = $6, news_at = now(),
    next_at = CASE WHEN $6 = 'open' THEN now() + make_interval(secs => $7) END WHERE id = $1 AND number IS NULL RETURNING *;

-- name: pull_changed
-- By our agent, or while nobody looked: there is nothing to tell of it.
UPDATE pull_requests SET title = $2, state = $3, news_at = now(), failures = 0, problem = NULL,
    next_at = CASE WHEN $3 = 'open' THEN now() + make_interval(secs => $4) END WHERE id = $1 RETURNING *;

-- name: pull_by_number
SELECT * FROM pull_requests WHERE thread_id = $1 AND connection = $2 AND lower(path) = lower($3) AND number = $4;

-- name: pull_by_id
SELECT * FROM pull_requests WHERE id = $1 AND bot_id = $2;

-- name: lock_pull
SELECT * FROM pull_requests WHERE id = $1 FOR UPDATE;

-- name: pulls_of_repository
-- A pull request by what the forge calls it, in each conversation that follows it.
SELECT * FROM pull_requests WHERE bot_id = $1 AND connection = $2 AND lower(path) = lower($3) AND number = $4 ORDER BY id LIMIT 20;

-- name: pulls_of_thread
SELECT * FROM pull_requests WHERE thread_id = $1 AND number IS NOT NULL
ORDER BY state = 'open' DESC, id DESC LIMIT $2;

-- name: count_open_pulls
-- Those that may be open included, but for what is between two branches of a repository.
SELECT count(*) FROM pull_requests WHERE thread_id = $1 AND state IN ('wanted', 'open')
  AND NOT (connection = $2 AND lower(path) = lower($3) AND head = $4 AND base = $5);

-- name: due_pulls
-- The longest due first, of connections that may be asked now.
SELECT p.*, t.chat_id, t.topic_id, t.language FROM pull_requests p JOIN threads t ON t.id = p.thread_id
WHERE p.bot_id = $1 AND p.next_at <= now() AND NOT p.connection = ANY ($2::text[]) ORDER BY p.next_at LIMIT $3;

-- name: pull_seen
UPDATE pull_requests SET title = $2, state = $3, sha = $4, passed = $5, failed = $6, pending = $7, review = $8,
    etags = $9::jsonb, news_at = CASE WHEN $10 THEN now() ELSE news_at END, failures = 0, problem = NULL,
    next_at = now() + make_interval(secs => $11::float) WHERE id = $1;

-- name: pull_unseen
UPDATE pull_requests SET failures = failures + 1, problem = $3, next_at = now() + make_interval(secs => $2::float) WHERE id = $1;

-- name: hurry_pulls
-- Somebody asks: those that nobody has looked at for a while are looked at now.
UPDATE pull_requests SET next_at = now() WHERE thread_id = $1 AND state = 'open' AND (next_at IS NULL OR next_at > now() + interval '10 seconds');

-- name: add_pull_news
INSERT INTO pull_news (pull_id, key, kind, author, verdict, place, text) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (pull_id, key) DO NOTHING RETURNING id;

-- name: pull_call_known
SELECT 1 FROM pull_news WHERE pull_id = $1 AND key = $2;

-- name: pull_own_calls
-- What our agents said there, by the ids of their calls.
SELECT key FROM pull_news WHERE pull_id = $1 AND key = ANY ($2::text[]);

-- name: count_pull_news
SELECT count(*) FROM pull_news WHERE pull_id = $1;

-- name: open_pull_news
SELECT id, key, kind, author, verdict, place, text FROM pull_news
WHERE pull_id = $1 AND turn_id IS NULL AND kind IN ('review', 'comment', 'checks') AND NOT (kind = 'checks' AND verdict = 'passed')
ORDER BY id DESC LIMIT $2 FOR UPDATE;

-- name: answer_pull_news
UPDATE pull_news SET turn_id = $2 WHERE pull_id = $1 AND turn_id IS NULL AND key = ANY ($3::text[]);

-- name: forget_pulls
DELETE FROM pull_requests WHERE thread_id = $1;

-- name: purge_pulls
-- Nobody looks at them any more, and nothing was heard of them for a season; or they were never opened.
DELETE FROM pull_requests WHERE id = ANY (ARRAY (
    SELECT id FROM pull_requests WHERE next_at IS NULL AND news_at < now() - interval '1 day'
      AND (news_at < now() - interval '90 days' OR number IS NULL) ORDER BY news_at LIMIT $1
));
