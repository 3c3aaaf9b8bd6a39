#!/bin/sh
# The backup is one that reaches the target, and the action there is as told.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/recovery.sh"

cluster_new main --wal-segsize=1 # little to write
store_new store
cluster_start main
connect_to main
sql main 'create table t (a text)'
early=$(sql main "select $now_utc")
ok 'the first backup succeeds' base-push "$(data main)"
first=$(cat "$WORK/out")
add one
add two
remember two
time=$(sql main "select $now_utc")
commit=$COMMIT
add three
lsn=$(sql main 'select pg_current_wal_insert_lsn()')
ok 'the second backup succeeds' base-push "$(data main)"
second=$(cat "$WORK/out")
add four
switch_wal main
cluster_stop main

# Which backup.
ok 'without a name and target, a backup is restored' \
	base-fetch "$WORK/pick/data"
is 'the newest is chosen' "$(chosen)" "$second"
close pick
ok 'with a time before its end, a backup is restored' \
	base-fetch --target-time "$time" "$WORK/pick/data"
is 'the older is chosen for the time' "$(chosen)" "$first"
close pick
ok 'with an LSN before its end, a backup is restored' \
	base-fetch --target-lsn "$lsn" "$WORK/pick/data" LATEST
is 'the older is chosen for the LSN' "$(chosen)" "$first"
close pick

close pick

# Out of reach. With its parts gone, a backup can be refused only by what the
# documents say.
for backup in "$first" "$second"; do
	parts=$STORE/basebackups_005/$backup/tar_partitions
	mv "$parts" "$parts.away"
done
exits 1 'a time before the end of the named backup is refused unfetched' \
	base-fetch --target-time "$time" "$WORK/pick/data" "$second"
says 'the message names the backup and the time' "$second: .*after.* $time"
exits 1 'an LSN before the end of the named backup is refused unfetched' \
	base-fetch --target-lsn "$lsn" "$WORK/pick/data" "$second"
says 'the message names the backup and the LSN' "$second: .*after.* $lsn"
exits 1 'a time before every backup is refused unfetched' \
	base-fetch --target-time "$early" "$WORK/pick/data"
exits 1 'an LSN before every backup is refused unfetched' \
	base-fetch --target-lsn 0/100028 "$WORK/pick/data"
exits 2 'two targets are a mistake in the usage' \
	base-fetch --target-lsn "$lsn" --target-time "$time" "$WORK/pick/data"
says 'the message names both' 'target-time.*target-lsn'
exits 2 'an exclusive end of a backup is one as well' \
	base-fetch --target-immediate --target-exclusive "$WORK/pick/data"
ok 'nothing was created' test ! -e "$WORK/pick/data"
for backup in "$first" "$second"; do
	parts=$STORE/basebackups_005/$backup/tar_partitions
	mv "$parts.away" "$parts"
done

# What happens at the target.
paused() { [ "$(sql back 'select pg_get_wal_replay_pause_state()')" = paused ]; }
ok 'a target without an action is restored' \
	base-fetch --target-lsn "$commit" "$WORK/back/data"
ok 'the server starts' open back
ok 'it pauses at the target' wait_until 30 paused
is 'it is still in recovery' "$(sql back 'select pg_is_in_recovery()')" t
dump back >"$WORK/got.sql"
ok 'and shows the content of the moment' cmp "$WORK/two.sql" "$WORK/got.sql"
sql back 'select pg_wal_replay_resume()'
ok 'resumed, it ends recovery' wait_until 30 recovered back
dump back >"$WORK/got.sql"
ok 'with the same content' cmp "$WORK/two.sql" "$WORK/got.sql"
close back

shut_down() { pg_controldata "$WORK/back/data" | grep -q 'shut down in recovery'; }
ok 'a target with the action shutdown is restored' base-fetch \
	--target-lsn "$commit" --target-action shutdown "$WORK/back/data"
open back || : # it may be gone before it answers
ok 'the server shuts down at the target' wait_until 30 shut_down
finish
