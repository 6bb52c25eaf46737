-- Search over what was said; see docs/decisions/0037-search-by-words.md. The index comes behind, by 0051.words.sql.
SET LOCAL lock_timeout = '10s';

-- The words of a text, as an index holds them and as a question is read, so that both are cut in one way whatever the
-- database's locale is. No word can begin with #, which marks the conversation. Of a question (no conversation) words are cut
-- into their parts; a text has these and the whole. Han, kana, Hangul, Thai and the like, which set no spaces, are cut into
-- overlapping pairs. Positions are left out. It must never fail: then no message could be stored.
CREATE OR REPLACE FUNCTION openclaw_words(thread bigint, said text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 20000 AS $$
DECLARE
    t text := left(COALESCE(said, ''), 20000);
    wide boolean := octet_length(t) <> length(t) AND getdatabaseencoding() = 'UTF8';
    seps text := '[\u0001-\u0020!-/:-@[-^`{-\u007F]+';  -- all of ASCII but letters, digits and _
    dense text := '\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u2E80-\u2FDF\u3005-\u3007\u3041-\u30FA\u30FC-\u30FF\u3400-\u4DBF'
        '\u4E00-\u9FFF\uAC00-\uD7FF\uF900-\uFAFF\U00020000-\U0003FFFF';
    runs text := '';
    words text[];
BEGIN
    IF wide THEN
        -- Slice by slice: putting marks that stand together into their order takes the square of their number.
        SELECT string_agg(normalize(regexp_replace(normalize(substr(t, at, 500), NFKD), '([A-Za-z])[\u0300-\u036F]+', '\1', 'g'), NFKC), ''
            ORDER BY at) INTO t FROM generate_series(1, length(t), 500) at;
        t := left(regexp_replace(t, '([A-Za-z])[\u0300-\u036F]+', '\1', 'g'), 20000);
        seps := '[\u0001-\u0020!-/:-@[-^`{-\u00A9\u00AB-\u00B4\u00B6-\u00B9\u00BB-\u00BF\u00D7\u00F7\u060C\u061B\u061F\u0964'
            '\u2000-\u2BFF\u3000-\u3004\u3008-\u3040\u30FB\uFE00-\uFE6F\uFF00-\uFFEF\uFFFD\U0001F000-\U0001FAFF]+';
    END IF;
    IF thread IS NOT NULL AND t ~ '_|[a-z0-9][A-Z]|[A-Z][A-Z][a-z]' THEN
        words := string_to_array(regexp_replace(lower(t COLLATE "C"), seps, ' ', 'g'), ' ');
    END IF;
    IF t ~ '[a-z0-9][A-Z]|[A-Z][A-Z][a-z]' THEN
        t := regexp_replace(t, '([a-z0-9])([A-Z])', '\1 \2', 'g');
        t := regexp_replace(t, '([A-Z])([A-Z][a-z])', '\1 \2', 'g');
    END IF;
    t := replace(regexp_replace(lower(t COLLATE "C"), seps, ' ', 'g'), '_', ' ');
    IF wide THEN
        t := lower(t);
        IF t ~ '[\u0391-\u03A9\u0401-\u042F]' THEN  -- the locale knows no such letters
            t := translate(t, 'АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯІЇЄҐЎΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ',
                              'абвгдеежзийклмнопрстуфхцчшщъыьэюяіїєґўαβγδεζηθικλμνξοπρστυφχψω');
        END IF;
        t := replace(t, 'ё', 'е');
    END IF;
    IF wide AND t ~ ('[' || dense || ']') THEN
        runs := btrim(regexp_replace(t, '[^' || dense || ']+', ' ', 'g'));
        t := regexp_replace(t, '[' || dense || ']+', ' ', 'g');
        words := words || string_to_array(regexp_replace(runs, '([^ ][^ ])', '\1 ', 'g'), ' ')
            || string_to_array(regexp_replace(regexp_replace(' ' || runs, ' [^ ]', ' ', 'g'), '([^ ][^ ])', '\1 ', 'g'), ' ');
        IF thread IS NULL THEN  -- a question: pairs, and characters that stand alone
            words := ARRAY (SELECT w FROM unnest(words) w WHERE length(w) > 1)
                || ARRAY (SELECT w FROM unnest(string_to_array(runs, ' ')) w WHERE length(w) = 1);
        ELSE  -- the last character of each run begins no pair
            words := words || string_to_array(regexp_replace(runs, '[^ ]*([^ ])', '\1', 'g'), ' ');
        END IF;
    END IF;
    words := words || string_to_array(t, ' ');
    RETURN array_to_tsvector(
        ARRAY (SELECT left(w, 64) FROM unnest(words) w WHERE w <> '')
        || CASE WHEN thread IS NULL THEN '{}'::text[] ELSE ARRAY['#' || thread] END
    );
END
$$;

-- What buttons of found messages go on with: the words of the question are too long for a button.
CREATE TABLE IF NOT EXISTS searches (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id   bigint NOT NULL REFERENCES threads,
    words       text   NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS searches_created ON searches (created_at);
CREATE INDEX IF NOT EXISTS searches_thread ON searches (thread_id, created_at);

-- For names with typing errors. A user who may not create extensions goes without it.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'pg_trgm is not there: search finds no misspelt names';
END
$$;
