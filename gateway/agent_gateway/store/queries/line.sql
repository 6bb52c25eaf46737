-- name: count_places
SELECT last.person_id, count(*)::int AS places
FROM runs r JOIN threads t ON t.id = r.thread_id
CROSS JOIN LATERAL (SELECT person_id FROM turns WHERE thread_id = r.thread_id ORDER BY id DESC LIMIT 1) last
WHERE r.state <> 'over' AND t.kind = 'conversation' AND last.person_id IS NOT NULL
GROUP BY last.person_id;
