#!/bin/sh
# Dumps the database into BACKUP_FOLDER and keeps the newest BACKUP_RETENTION dumps. A dump gets its name only after it has
# been read back whole, so that every file called todo-….dump can be restored. Any failed step ends with a status other than 0.
# Reads: PGHOST PGUSER PGDATABASE PGPASSWORD (or DATABASE_URL), BACKUP_FOLDER, BACKUP_RETENTION. Needs pg_dump, pg_isready, pg_restore, sha256sum.
set -eu
# Everybody's tasks and password hashes: for this user and its group alone.
umask 027

folder=${BACKUP_FOLDER:-/backup}
retention=${BACKUP_RETENTION:-7}
name=todo-$(date -u +%Y%m%dT%H%M%SZ).dump
part=$folder/.$name.part

fail() {
    echo "backup failed: $*" >&2
    # The usual reason, and nothing frees the space by itself: older dumps go only after a new one has been verified.
    df -h "$folder" >&2 || true
    exit 1
}

trap 'rm -f "$part" "$part.sha256" /tmp/contents' EXIT
# What a killed run left behind; a run that is alive writes more often than that.
find "$folder" -name '.todo-*.part*' -mmin +60 -exec rm -f {} +

if [ -n "${DATABASE_URL:-}" ]; then set -- --dbname="$DATABASE_URL"; else set --; fi
# A database that has just moved to another node is waited for: this dump has no second chance.
tries=0
until pg_isready --quiet "$@"; do
    tries=$((tries + 1))
    [ "$tries" -lt 30 ] || fail "the database does not answer"
    sleep 2
done
pg_dump --format=custom --no-owner --no-privileges --file="$part" "$@" || fail "pg_dump ended with an error"

# A dump without tables is what a tool of the wrong version once wrote for months.
pg_restore --list "$part" >/tmp/contents || fail "the dump has no table of contents"
tables=$(grep -c ' TABLE DATA ' /tmp/contents || true)
[ "$tables" -gt 0 ] || fail "the dump has no tables"
pg_restore --file=/dev/null "$part" || fail "the dump cannot be read to its end"

sum=$(sha256sum "$part") || fail "no checksum"
printf '%s  %s\n' "${sum%% *}" "$name" >"$part.sha256"
bytes=$(wc -c <"$part")
# The checksum first: a dump that is there has one.
mv "$part.sha256" "$folder/$name.sha256"
mv "$part" "$folder/$name"
sync "$folder" 2>/dev/null || sync
echo "backup written: $name, $((bytes)) bytes, $tables tables"

count=0
for dump in $(ls -r "$folder" | grep '^todo-.*\.dump$'); do
    count=$((count + 1))
    if [ "$count" -gt "$retention" ]; then
        rm -f "$folder/$dump" "$folder/$dump.sha256"
        echo "backup removed: $dump, more than $retention"
    fi
done
