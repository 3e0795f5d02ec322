-- What people and the assistant said to each other, and what is still open between them: rows, so that any replica can go on.
CREATE TABLE conversations (
    id         UUID    NOT NULL PRIMARY KEY,                      -- UUID v7
    user_id    UUID    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title      TEXT    NOT NULL,                                  -- the beginning of the first message
    preview    TEXT    NOT NULL,                                  -- the beginning of the newest message
    focus      TEXT    NOT NULL,                                  -- JSON: the last list and the last tasks spoken of
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE INDEX conversations_by_update ON conversations (user_id, updated_at, id);

CREATE TABLE messages (
    id              UUID    NOT NULL PRIMARY KEY,                 -- UUID v7
    conversation_id UUID    NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    user_id         UUID    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    reply_to        UUID,                                         -- the message that an answer answers; null for a user's own
    content         TEXT    NOT NULL,
    tool_calls      TEXT    NOT NULL,                             -- JSON, an empty array in a user's message
    engine          TEXT,                                         -- who answered: model or rules
    fallback        SMALLINT NOT NULL,                            -- 1: the rules answered because the model could not
    idempotency_key TEXT,                                         -- of a user's message; makes a retry find its answer
    fingerprint     BYTEA,                                        -- SHA-256 of the request that brought the key
    created_at      BIGINT NOT NULL
);

CREATE INDEX messages_by_conversation ON messages (conversation_id, created_at, id);
CREATE INDEX messages_by_user ON messages (user_id);                                     -- for the deletion of an account
CREATE UNIQUE INDEX messages_by_key ON messages (user_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX messages_with_key_by_age ON messages (created_at) WHERE idempotency_key IS NOT NULL;   -- for the sweep
CREATE UNIQUE INDEX messages_by_question ON messages (reply_to) WHERE reply_to IS NOT NULL;

-- Changes that wait for a yes: taken away by whoever carries them out, so that no yes counts twice.
CREATE TABLE confirmations (
    id              UUID    NOT NULL PRIMARY KEY,                 -- random, because MCP clients send it back
    user_id         UUID    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    conversation_id UUID    REFERENCES conversations (id) ON DELETE CASCADE,   -- null when MCP asked
    calls           TEXT    NOT NULL,                             -- JSON: tools, arguments and titles as they were shown
    expires_at      BIGINT NOT NULL
);

CREATE UNIQUE INDEX confirmations_by_conversation ON confirmations (conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX confirmations_by_user ON confirmations (user_id);
CREATE INDEX confirmations_by_expiry ON confirmations (expires_at);                      -- for the sweep
