-- name: search_terms
-- The words of a question, cut as the index holds them; in how many of six languages each says nothing by itself; its stems.
SELECT word, count(*) FILTER (WHERE cardinality(found) = 0) AS stops, array_remove(array_agg(found[1]), NULL) AS stems
FROM unnest(tsvector_to_array(openclaw_words(NULL, $1))) word
CROSS JOIN unnest('{english_stem,german_stem,spanish_stem,french_stem,portuguese_stem,russian_stem}'::regdictionary[]) dictionary
CROSS JOIN LATERAL ts_lexize(dictionary, word) found
GROUP BY word ORDER BY min(strpos(lower($1), word)), word LIMIT $2;

-- name: search_visible
-- The conversations that may be seen from $2 now, and up to which message each is being forgotten: itself, and with $3 those
-- of its chat whose topics are there, the newest $4.
SELECT id, COALESCE((
    SELECT max((j.progress -> 'limits' ->> 'message')::bigint) FROM jobs j
    WHERE j.thread_id = seen.id AND j.state = 'due' AND j.kind = 'forget'
), 0) AS forgotten FROM (
    SELECT t.id FROM threads t WHERE t.id = $2 AND t.bot_id = $1 AND t.kind = 'conversation'
    UNION ALL (
        SELECT others.id FROM threads t CROSS JOIN LATERAL (
            SELECT o.id FROM threads o WHERE o.bot_id = t.bot_id AND o.chat_id = t.chat_id AND o.kind = 'conversation'
              AND o.place <> 'orphaned' AND o.id <> t.id
            ORDER BY COALESCE(o.topic_id, 0) DESC LIMIT $4
        ) others WHERE t.id = $2 AND t.bot_id = $1 AND t.kind = 'conversation' AND $3
    )
) seen;

-- name: search_hits
-- Messages of conversations $1 behind those that are forgotten ($2), that hold words: $3 says which word of the question,
-- $4 how the index is asked for it in these conversations, $5 what it weighs; of each the newest $6 count. Rare words count
-- more, all words most, new messages a little. What was taken back is not found. $7 is a role, $8 and $9 a time, $10 the
-- question as it was written, $11 its words; $12 are left out, then $13 follow.
WITH hits AS MATERIALIZED (
    SELECT w.n, w.weight, f.id FROM unnest($3::int[], $4::text[], $5::float8[]) w (n, asked, weight)
    CROSS JOIN LATERAL (
        SELECT m.id FROM messages m WHERE openclaw_words(m.thread_id, m.text) @@ w.asked::tsquery
          AND ($7::text IS NULL OR m.role = $7) AND m.created_at >= $8::timestamptz AND m.created_at < $9::timestamptz
        ORDER BY m.id DESC LIMIT (SELECT $6::bigint)
    ) f
), held AS (
    SELECT n, ln(1 + $6::float8 / count(DISTINCT id)) AS rare FROM hits GROUP BY n
), fitting AS (
    SELECT id, sum(weight * rare) / (SELECT sum(rare) FROM held) AS fit
    FROM (SELECT id, n, max(weight) AS weight FROM hits GROUP BY id, n) h JOIN held USING (n)
    GROUP BY id ORDER BY fit DESC, id DESC LIMIT 200
), ranked AS (
    SELECT m.*, (fit + CASE WHEN strpos(lower(left(m.text, 20000)), lower($10)) > 0 THEN 0.3 ELSE 0 END)
        * (0.8 + 0.2 * exp(-extract(epoch FROM now() - m.created_at) / 7776000.0)) AS rank
    FROM fitting f CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = f.id OFFSET 0) m
    JOIN unnest($1::bigint[], $2::bigint[]) v (id, forgotten) ON v.id = m.thread_id AND m.id > v.forgotten
), good AS (
    SELECT r.*, t.message_id, t.person_id, count(*) OVER () AS total FROM ranked r LEFT JOIN turns t ON t.id = r.turn_id
    WHERE t.undone IS NULL AND r.rank >= 0.45 * (SELECT max(rank) FROM ranked)
    ORDER BY r.rank DESC, r.id DESC OFFSET $12 LIMIT $13
)
SELECT g.id, g.thread_id, g.role, g.created_at, g.message_id, g.person_id, g.total, g.rank, p.name, h.title, h.chat_id, h.topic_id,
    substr(g.text, GREATEST(1, COALESCE((
        SELECT min(at) FROM unnest($11::text[]) word CROSS JOIN LATERAL strpos(lower(left(g.text, 20000)), word) at WHERE at > 0
    ), 1) - 80), 700) AS excerpt,
    CASE WHEN g.role = 'assistant' THEN (
        SELECT o.message_ids[1] FROM outbox o WHERE o.turn_id = g.turn_id AND o.kind = 'final' LIMIT 1
    ) END AS answer_id
FROM good g JOIN threads h ON h.id = g.thread_id LEFT JOIN people p ON p.bot_id = h.bot_id AND p.person_id = g.person_id
ORDER BY g.rank DESC, g.id DESC;

-- name: search_within
-- The same for what no word of the index is: messages that hold the question as it was written, of the newest $3 of each
-- conversation.
SELECT m.id, m.thread_id, m.role, m.created_at, t.message_id, t.person_id, count(*) OVER () AS total, 1.0::float8 AS rank,
    p.name, h.title, h.chat_id, h.topic_id, substr(m.text, GREATEST(1, strpos(lower(left(m.text, 20000)), lower($4)) - 80), 700) AS excerpt,
    CASE WHEN m.role = 'assistant' THEN (
        SELECT o.message_ids[1] FROM outbox o WHERE o.turn_id = m.turn_id AND o.kind = 'final' LIMIT 1
    ) END AS answer_id
FROM unnest($1::bigint[], $2::bigint[]) v (id, forgotten)
CROSS JOIN LATERAL (
    SELECT * FROM messages WHERE thread_id = v.id AND id > v.forgotten ORDER BY id DESC LIMIT (SELECT $3::bigint)
) m
JOIN threads h ON h.id = m.thread_id LEFT JOIN turns t ON t.id = m.turn_id
LEFT JOIN people p ON p.bot_id = h.bot_id AND p.person_id = t.person_id
WHERE strpos(lower(left(m.text, 20000)), lower($4)) > 0 AND t.undone IS NULL AND ($5::text IS NULL OR m.role = $5)
  AND m.created_at >= $6::timestamptz AND m.created_at < $7::timestamptz
ORDER BY m.id DESC OFFSET $8 LIMIT $9;

-- name: search_alike
-- The same for what is nearly so, as a name with a typing error; only where pg_trgm is there.
SELECT m.id, m.thread_id, m.role, m.created_at, t.message_id, t.person_id, count(*) OVER () AS total, m.rank::float8 AS rank,
    p.name, h.title, h.chat_id, h.topic_id, left(m.text, 700) AS excerpt,
    CASE WHEN m.role = 'assistant' THEN (
        SELECT o.message_ids[1] FROM outbox o WHERE o.turn_id = m.turn_id AND o.kind = 'final' LIMIT 1
    ) END AS answer_id
FROM (
    SELECT n.*, word_similarity($4, left(n.text, 2000)) AS rank FROM unnest($1::bigint[], $2::bigint[]) v (id, forgotten)
    CROSS JOIN LATERAL (
        SELECT * FROM messages WHERE thread_id = v.id AND id > v.forgotten ORDER BY id DESC LIMIT (SELECT $3::bigint)
    ) n OFFSET 0
) m
JOIN threads h ON h.id = m.thread_id LEFT JOIN turns t ON t.id = m.turn_id
LEFT JOIN people p ON p.bot_id = h.bot_id AND p.person_id = t.person_id
WHERE m.rank >= 0.4 AND t.undone IS NULL AND ($5::text IS NULL OR m.role = $5)
  AND m.created_at >= $6::timestamptz AND m.created_at < $7::timestamptz
ORDER BY m.rank DESC, m.id DESC OFFSET $8 LIMIT $9;

-- name: knows_likeness
SELECT to_regprocedure('word_similarity(text, text)') IS NOT NULL;

-- name: message_seen
-- A message of one of these conversations, where it may still be seen.
SELECT m.id, m.thread_id, m.role, m.created_at, m.text, t.message_id, t.person_id FROM unnest($1::bigint[], $2::bigint[]) v (id, forgotten)
JOIN messages m ON m.thread_id = v.id AND m.id = $3 AND m.id > v.forgotten LEFT JOIN turns t ON t.id = m.turn_id
WHERE t.undone IS NULL;

-- name: add_search
INSERT INTO searches (thread_id, words) SELECT $1, $2 WHERE (
    SELECT count(*) FROM (
        SELECT 1 FROM searches WHERE thread_id = $1 AND created_at > now() - interval '1 minute' LIMIT $3
    ) latest
) < $3 RETURNING id;

-- name: search_words
SELECT words FROM searches WHERE id = $1 AND thread_id = $2;

-- name: forget_searches
DELETE FROM searches WHERE thread_id = $1;

-- name: purge_searches
-- Nobody turns pages of what was searched for a week ago.
DELETE FROM searches WHERE id = ANY (ARRAY (
    SELECT id FROM searches WHERE created_at < now() - interval '7 days' ORDER BY created_at LIMIT $1
));
