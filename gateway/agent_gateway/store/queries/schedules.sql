-- name: draft_schedule
INSERT INTO schedules (bot_id, name, thread_id, person_id, language, said, spec, state)
VALUES ($1, '', $2, $3, $4, $5, $6::jsonb, 'draft') RETURNING *;

-- name: want_schedule
-- Once: what was confirmed before is no draft any more. One that was made by hand, or before the database was put back, may have the name.
UPDATE schedules s SET state = 'wanted', created_at = now(), name = $2 || '-s' || id || CASE WHEN EXISTS (
    SELECT 1 FROM schedules o WHERE o.bot_id = s.bot_id AND o.name = $2 || '-s' || $1::bigint AND o.state IN ('wanted', 'live')
) THEN 'x' ELSE '' END WHERE id = $1 AND state = 'draft' RETURNING s.*;

-- name: rename_schedule
UPDATE schedules SET name = name || 'x' WHERE id = $1 AND state = 'wanted';

-- name: made_schedule
-- Its AgentSchedule is there. What was pressed meanwhile stays.
UPDATE schedules SET uid = $2, generation = $3, next_at = $4, state = 'live', version = version + 1
WHERE id = $1 AND state = 'wanted' RETURNING *;

-- name: adopt_schedule
INSERT INTO schedules (bot_id, name, uid, thread_id, language, spec, generation, state, problem, words, next_at, last_at)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, 'live', $8, $9, $10, $11)
ON CONFLICT (bot_id, uid) WHERE uid IS NOT NULL DO NOTHING RETURNING *;

-- name: change_schedule
-- As its AgentSchedule says now. Who changes it lets one that was paused go on. What is asked in other words than a person's,
-- or elsewhere, is nobody's any more: no budget and no account of theirs is for it.
UPDATE schedules SET thread_id = COALESCE($2, thread_id), spec = $3::jsonb,
    person_id = CASE WHEN (spec ->> 'prompt', spec -> 'threadRef') = ($3::jsonb ->> 'prompt', $3::jsonb -> 'threadRef') THEN person_id END,
    said = CASE WHEN (spec ->> 'cron', spec ->> 'at') IS NOT DISTINCT FROM ($3::jsonb ->> 'cron', $3::jsonb ->> 'at') THEN said ELSE '' END,
    generation = $4, problem = $5, words = $6, next_at = $7,
    last_at = GREATEST(last_at, $8),
    failures = CASE WHEN generation < $4 THEN 0 ELSE failures END, paused_at = CASE WHEN generation < $4 THEN NULL ELSE paused_at END,
    version = version + 1
WHERE id = $1 AND state = 'live';

-- name: gone_schedule
UPDATE schedules SET state = 'gone', next_at = NULL, wish = NULL, created_at = now() WHERE id = $1 AND state IN ('wanted', 'live');

-- name: remove_schedule
-- From now on nothing of it is asked; its AgentSchedule, where there is one, is deleted behind it.
UPDATE schedules SET state = 'gone', next_at = NULL, wish = 'delete', created_at = now()
WHERE id = $1 AND state IN ('wanted', 'live') RETURNING *;

-- name: forget_schedules
-- All that people made in a conversation goes, with its words; what was made by hand is an administrator's, and stays.
UPDATE schedules SET wish = CASE WHEN state = 'gone' THEN wish ELSE 'delete' END, state = 'gone', next_at = NULL, said = '',
    spec = jsonb_set(spec, '{prompt}', '"-"'), created_at = now()
WHERE thread_id = $1 AND state <> 'draft' AND (person_id IS NOT NULL OR state = 'gone');

-- name: forget_drafts
DELETE FROM schedules WHERE thread_id = $1 AND state = 'draft';

-- name: hand_schedules_over
UPDATE schedules SET thread_id = $2 WHERE thread_id = $1;

-- name: unwanted_schedule
-- Its AgentSchedule came to be after all.
UPDATE schedules SET wish = 'delete', uid = $2 WHERE id = $1 AND name = $3 AND state = 'gone' AND uid IS NULL RETURNING id;

-- name: wish_schedule
UPDATE schedules SET wish = $2, next_at = $3, spec = jsonb_set(spec, '{suspend}', to_jsonb($2 = 'suspend')), paused_at = NULL,
    failures = 0, version = version + 1
WHERE id = $1 AND state IN ('wanted', 'live');

-- name: schedule_written
UPDATE schedules SET wish = NULL, generation = GREATEST(generation, $3) WHERE id = $1 AND wish = $2;

-- name: schedule_by_id
SELECT * FROM schedules WHERE id = $1 AND bot_id = $2;

-- name: lock_schedule
SELECT * FROM schedules WHERE id = $1 AND bot_id = $2 FOR UPDATE;

-- name: schedules_named
SELECT * FROM schedules WHERE bot_id = $1 AND name = ANY ($2::text[]) AND state IN ('wanted', 'live');

-- name: live_schedule_names
SELECT name FROM schedules WHERE bot_id = $1 AND state = 'live' AND name > $2 ORDER BY name LIMIT $3;

-- name: schedules_of_thread
SELECT * FROM schedules WHERE thread_id = $1 AND state IN ('wanted', 'live') ORDER BY id LIMIT $2;

-- name: count_schedules
-- Of a conversation, of its chat, and all; but for one.
SELECT count(*) FILTER (WHERE s.thread_id = $2) AS conversation,
    count(*) FILTER (WHERE (SELECT t.chat_id FROM threads t WHERE t.id = s.thread_id) = $3) AS chat, count(*) AS whole
FROM schedules s WHERE s.bot_id = $1 AND s.state IN ('wanted', 'live') AND s.id <> $4;

-- name: due_schedules
SELECT id FROM schedules WHERE bot_id = $1 AND next_at <= $2 ORDER BY next_at, id LIMIT $3;

-- name: first_due_schedule
SELECT next_at FROM schedules WHERE bot_id = $1 AND next_at IS NOT NULL ORDER BY next_at LIMIT 1;

-- name: coming_schedules
-- Those that are due between $2 and $3 in conversations without an agent, that were not marked for it before.
SELECT s.id AS schedule_id, s.thread_id, s.person_id, s.next_at, t.chat_id, t.name AS thread_name
FROM schedules s JOIN threads t ON t.id = s.thread_id
WHERE s.bot_id = $1 AND s.next_at > $2 AND s.next_at <= $3 AND s.state = 'live' AND t.place <> 'orphaned'
  AND (t.warm_until IS NULL OR t.warm_until < s.next_at)
  AND NOT EXISTS (SELECT FROM runs r WHERE r.thread_id = t.id AND r.state <> 'over')
ORDER BY s.next_at, s.id LIMIT $4;

-- name: schedule_due
-- Each due time of an AgentSchedule once, whoever asks and whenever.
INSERT INTO schedule_turns (uid, due_at, schedule_id, outcome, ended_at)
VALUES ($1, $2, $3, $4, CASE WHEN $4 <> 'Asked' THEN $5::timestamptz END)
ON CONFLICT (uid, due_at) DO NOTHING RETURNING due_at;

-- name: schedule_asked
UPDATE schedule_turns SET turn_id = $3 WHERE uid = $1 AND due_at = $2;

-- name: schedule_moves
-- A chat that was gone is back.
UPDATE schedules SET next_at = $2, last_at = $3, problem = CASE WHEN problem <> 'VenueGone' THEN problem ELSE '' END,
    words = CASE WHEN problem <> 'VenueGone' THEN words ELSE '' END, version = version + 1
WHERE id = $1;

-- name: schedule_cannot
UPDATE schedules SET next_at = $4, problem = $2, words = $3, version = version + 1 WHERE id = $1;

-- name: active_schedule_turns
SELECT turn_id FROM schedule_turns WHERE schedule_id = $1 AND outcome = 'Asked' AND turn_id IS NOT NULL ORDER BY due_at LIMIT $2;

-- name: ended_schedule_turns
-- Turns that have ended, or that are asked again by another, which counts then.
SELECT o.uid, o.due_at, o.schedule_id, t.state, t.stop_asked, t.reason, COALESCE(t.ended_at, now()) AS ended_at, n.id AS again
FROM schedule_turns o JOIN schedules s ON s.id = o.schedule_id LEFT JOIN turns t ON t.id = o.turn_id
LEFT JOIN turns n ON n.again_of = o.turn_id
WHERE o.outcome = 'Asked' AND s.bot_id = $1 AND (t.id IS NULL OR t.state IN ('done', 'failed', 'cancelled')) LIMIT $2;

-- name: end_schedule_turn
UPDATE schedule_turns SET outcome = $3, ended_at = $4 WHERE uid = $1 AND due_at = $2 AND outcome = 'Asked' RETURNING due_at;

-- name: schedule_succeeded
UPDATE schedules SET failures = 0, succeeded_at = GREATEST(succeeded_at, $2), version = version + 1 WHERE id = $1;

-- name: schedule_failed
UPDATE schedules SET failures = failures + 1, version = version + 1,
    paused_at = CASE WHEN failures + 1 >= $2 THEN COALESCE(paused_at, now()) END,
    next_at = CASE WHEN failures + 1 >= $2 THEN NULL ELSE next_at END
WHERE id = $1 RETURNING *;

-- name: schedule_changed
UPDATE schedules SET version = version + 1 WHERE id = $1;

-- name: resume_schedule
UPDATE schedules SET paused_at = NULL, failures = 0, next_at = $2, version = version + 1
WHERE id = $1 AND state = 'live' AND paused_at IS NOT NULL RETURNING id;

-- name: unwritten_schedules
SELECT * FROM schedules WHERE bot_id = $1 AND (state = 'wanted' OR wish IS NOT NULL) ORDER BY id LIMIT $2;

-- name: untold_schedules
SELECT * FROM schedules WHERE bot_id = $1 AND state = 'live' AND told < version ORDER BY id LIMIT $2;

-- name: schedule_told
UPDATE schedules SET told = GREATEST(told, $2) WHERE id = $1;

-- name: recent_schedule_turns
SELECT due_at, outcome, ended_at FROM schedule_turns WHERE schedule_id = $1 ORDER BY due_at DESC LIMIT $2;

-- name: purge_schedules
-- Drafts that nobody confirmed, and what is gone and needs no call any more.
DELETE FROM schedules WHERE id = ANY (ARRAY (
    SELECT id FROM schedules WHERE state IN ('draft', 'gone') AND wish IS NULL AND created_at < now() - interval '7 days'
    ORDER BY created_at LIMIT $1
));

-- name: purge_schedule_turns
-- Older than what a status tells; the times before the last one never come again.
DELETE FROM schedule_turns WHERE ctid = ANY (ARRAY (
    SELECT o.ctid FROM schedule_turns o WHERE o.outcome <> 'Asked' AND o.asked_at < now() - interval '30 days'
      AND o.due_at < (SELECT s.last_at FROM schedules s WHERE s.id = o.schedule_id) ORDER BY o.asked_at LIMIT $1
));

-- name: mark_schedule_turn
UPDATE turns SET scheduled = true, quiet = $2 WHERE id = $1;
