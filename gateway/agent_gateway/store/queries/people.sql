-- name: person
SELECT seen, chosen, name FROM people WHERE bot_id = $1 AND person_id = $2;

-- name: see_person
INSERT INTO people (bot_id, person_id, seen, name) VALUES ($1, $2, $3, $4) ON CONFLICT (bot_id, person_id)
DO UPDATE SET seen = coalesce(EXCLUDED.seen, people.seen), name = coalesce(EXCLUDED.name, people.name);

-- name: choose_language
INSERT INTO people (bot_id, person_id, chosen) VALUES ($1, $2, $3)
ON CONFLICT (bot_id, person_id) DO UPDATE SET chosen = EXCLUDED.chosen;
