#!/bin/sh
# Replaces what is in the database by a dump from BACKUP_FOLDER, all or nothing. RESTORE_FILE names the dump; without it the newest
# is taken. A dump whose checksum is wrong or missing is refused before the database is touched. RESTORE_FILE=--list only shows what there is.
# Reads: PGHOST PGUSER PGDATABASE PGPASSWORD (or DATABASE_URL), BACKUP_FOLDER, RESTORE_FILE. Needs psql, pg_isready, pg_restore, sha256sum.
set -eu

folder=${BACKUP_FOLDER:-/backup}
name=${RESTORE_FILE:-}

fail() {
    echo "restore refused: $*; the database has not been changed" >&2
    exit 1
}

cd "$folder" || fail "there is no folder $folder"
if [ "$name" = --list ]; then
    ls -l | grep '\.dump$' || echo "there is no dump"
    exit 0
fi
[ -n "$name" ] || name=$(ls -r | grep '^todo-.*\.dump$' | head -n 1) || true
[ -n "$name" ] || fail "there is no dump in $folder"
case $name in */*) fail "$name is not the name of a file in $folder" ;; esac
[ -f "$name" ] || fail "there is no dump $name; there are: $(ls | grep '^todo-.*\.dump$' | tr '\n' ' ')"
[ -f "$name.sha256" ] || fail "$name has no checksum"

expected=$(cat "$name.sha256")
measured=$(sha256sum "$name")
[ "${expected%% *}" = "${measured%% *}" ] || fail "$name is damaged: its checksum is ${measured%% *} and should be ${expected%% *}"
pg_restore --file=/dev/null "$name" || fail "$name cannot be read to its end"

if [ -n "${DATABASE_URL:-}" ]; then set -- --dbname="$DATABASE_URL"; else set --; fi
# One that has just been started is waited for: its name may be unknown for some seconds more.
tries=0
until pg_isready --quiet "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 30 ] || fail "the database does not answer"
    sleep 2
done

echo "restoring $name"
# Everything goes, also tables that are younger than the dump: its record of migrations would not know them.
# Requests that are under way end first, for at most half a minute.
# The COMMIT comes last and only after a dump that was read to its end: whatever breaks off before it leaves no trace.
statements() {
    echo 'BEGIN;'
    echo 'DROP SCHEMA public CASCADE;'
    echo 'CREATE SCHEMA public;'
    pg_restore --no-owner --no-privileges --file=- "$name" && printf 'COMMIT;\n\\echo committed\n'
}
outcome=$(statements | PGOPTIONS='-c lock_timeout=30s -c client_min_messages=warning' \
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --output=/dev/null --file=- "$@") || true
if [ "$outcome" != committed ]; then
    echo "restore failed: all of it was rolled back, the database is as it was" >&2
    exit 1
fi
echo "restored: $name"
