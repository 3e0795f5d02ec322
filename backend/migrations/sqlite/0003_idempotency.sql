-- The answers to creating requests that carried an Idempotency-Key, written in the transaction of the work itself: there
-- is never a task without its answer, nor an answer without its task.
CREATE TABLE idempotency_keys (
    scope       TEXT    NOT NULL,                                       -- whose key, and for which route
    key         TEXT    NOT NULL,                                       -- chosen by the client, 1 to 255 visible ASCII characters
    user_id     BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    fingerprint BLOB    NOT NULL,                                       -- SHA-256 of what the request asked for
    status      INTEGER NOT NULL,
    location    TEXT,
    etag        TEXT,
    body        BLOB    NOT NULL,
    expires_at  INTEGER NOT NULL,                                       -- from then on the key is free again
    PRIMARY KEY (scope, key)                                            -- what makes one of two twins wait or lose
) STRICT;

CREATE INDEX idempotency_keys_by_expiry ON idempotency_keys (expires_at);   -- for the sweep
CREATE INDEX idempotency_keys_by_user ON idempotency_keys (user_id);        -- for the deletion of an account
