-- Files that come with a message, and files that the agent has for the chat.

-- [{id, name, mediaType, size, about}]: by Telegram's own file ids, fetched when a run takes the turn.
ALTER TABLE turns ADD COLUMN IF NOT EXISTS files jsonb NOT NULL DEFAULT '[]';
-- The messages of an album are one turn, which waits a moment for the rest of it.
ALTER TABLE turns ADD COLUMN IF NOT EXISTS album text;
ALTER TABLE turns ADD COLUMN IF NOT EXISTS ready_at timestamptz;
CREATE INDEX IF NOT EXISTS turns_album ON turns (thread_id, album) WHERE album IS NOT NULL;

CREATE TABLE IF NOT EXISTS files (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    thread_id   bigint NOT NULL REFERENCES threads,
    name        text   NOT NULL,
    media_type  text   NOT NULL,
    bytes       bigint,                          -- NULL until it is whole
    created_at  timestamptz NOT NULL DEFAULT now()
);
-- In rows of at most 1 MiB; they go once the file stands in the chat.
CREATE TABLE IF NOT EXISTS file_chunks (
    file_id     bigint NOT NULL REFERENCES files ON DELETE CASCADE,
    ordinal     integer NOT NULL,
    data        bytea   NOT NULL,
    PRIMARY KEY (file_id, ordinal)
);
ALTER TABLE file_chunks ALTER COLUMN data SET STORAGE EXTERNAL;

-- Its text is the caption then.
ALTER TABLE outbox ADD COLUMN IF NOT EXISTS file_id bigint REFERENCES files;
