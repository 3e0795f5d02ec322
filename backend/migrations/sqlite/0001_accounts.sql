-- Schema changes expand first and contract a release later: a new version must work on the schema that the old version
-- still uses during a rollout, and the old one on the new schema after a rollback. So: add tables, nullable columns,
-- columns with defaults, indexes; drop or rename only what no running version reads any more.

CREATE TABLE users (
    id            BLOB    NOT NULL PRIMARY KEY,      -- UUID v7, 16 bytes
    email         TEXT    NOT NULL UNIQUE,           -- normalised in accounts/model.rs, so equality is enough
    password_hash TEXT    NOT NULL,                  -- PHC string of argon2id
    revision      INTEGER NOT NULL DEFAULT 0,        -- grows with every change of this user's tasks; the list's ETag
    created_at    INTEGER NOT NULL                   -- microseconds since 1970 in UTC: sorts, and is the same in both engines
) STRICT;
