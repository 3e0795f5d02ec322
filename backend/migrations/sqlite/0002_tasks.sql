CREATE TABLE tasks (
    id                 BLOB    NOT NULL PRIMARY KEY,                     -- UUID v7, 16 bytes
    user_id            BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    title              TEXT    NOT NULL,                                 -- lengths and characters: tasks/model.rs
    description        TEXT    NOT NULL,
    title_folded       TEXT    NOT NULL,                                 -- without case (tasks/fold.rs): search and order
    description_folded TEXT    NOT NULL,                                 -- are then the same on both engines
    priority           INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 3), -- low, medium, high: the order of sorting
    due_at             INTEGER,                                          -- microseconds since 1970 in UTC, like all moments
    completed_at       INTEGER,                                          -- set = completed
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    version            INTEGER NOT NULL                                  -- grows by one with every change; If-Match
) STRICT;

-- One index per order of a list, each ending in the id that decides between equal values; all of them also find a user's
-- rows when the account is deleted. No task lies later than one without a due date. `updated_at` and `version` are in no
-- index on purpose, so that most changes touch none.
CREATE INDEX tasks_by_creation ON tasks (user_id, created_at, id);
CREATE INDEX tasks_by_due_date ON tasks (user_id, COALESCE(due_at, 9223372036854775807), id);
CREATE INDEX tasks_by_priority ON tasks (user_id, priority, id);
CREATE INDEX tasks_by_title ON tasks (user_id, title_folded, id);
-- The most frequent list, where completed tasks outnumber the open ones after a year; also counts all open tasks.
CREATE INDEX tasks_open_by_creation ON tasks (user_id, created_at, id) WHERE completed_at IS NULL;
