#!/bin/sh
# Recovery ends exactly where it was told to.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/recovery.sh"

# reaches MOMENT DESC BASE-FETCH-ARGUMENTS...: a restore that ends there.
reaches() {
	moment=$1
	target=$2
	shift 2
	ok "to $target: base-fetch succeeds" \
		base-fetch "$WORK/back/data" "$@"
	ok "to $target: pg_verifybackup passes" \
		pg_verifybackup -n "$WORK/back/data"
	ok "to $target: the server starts" open back
	ok "to $target: recovery ends" wait_until 30 recovered back
	dump back >"$WORK/got.sql"
	ok "to $target: the content is that of the moment" \
		cmp "$WORK/$moment.sql" "$WORK/got.sql"
	close back
}

cluster_new main --wal-segsize=1 # little to write
store_new store
cluster_start main
connect_to main
sql main 'create table t (a text)' "insert into t values ('before')"
ok 'the first backup succeeds' base-push "$(data main)"
first=$(cat "$WORK/out")
remember backup

add one
remember one
add two
remember two
time=$(sql main "select $now_utc")
xid=$XID commit=$COMMIT committed=$COMMITTED
add three
sql main "select pg_create_restore_point('it''s \"here\"')" >/dev/null
remember three
add four
remember four
lsn=$(sql main 'select pg_current_wal_insert_lsn()')
sql main "select pg_logical_emit_message(false, 'target', 'here')" >/dev/null
add five
ok 'the second backup succeeds' base-push "$(data main)"
second=$(cat "$WORK/out")
add six
remember latest
switch_wal main
cluster_stop main

reaches two 'a time' --target-time "$time" --target-action promote
reaches two 'a commit time, included' --target-time "$committed" \
	--target-action promote
reaches one 'a commit time, excluded' --target-time "$committed" \
	--target-exclusive --target-action promote
reaches four 'an LSN' --target-lsn "$lsn" --target-action promote
reaches two 'the LSN of a commit, included' --target-lsn "$commit" \
	--target-action promote
reaches one 'the LSN of a commit, excluded' --target-lsn "$commit" \
	--target-exclusive --target-action promote
reaches two 'a transaction, included' --target-xid "$xid" \
	--target-action promote "$first"
reaches one 'a transaction, excluded' --target-xid "$xid" \
	--target-exclusive --target-action promote "$first"
reaches three 'a restore point with quotes in its name' \
	--target-name 'it'"'"'s "here"' --target-action promote "$first"
reaches backup 'the end of the backup' --target-immediate \
	--target-action promote "$first"
reaches latest 'the end of the archive, from the first backup' "$first"
reaches latest 'the end of the archive, from the last backup'
finish
