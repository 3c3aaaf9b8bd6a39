#!/bin/sh
# Restores find their way over timelines, and refuse one that leads nowhere.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/recovery.sh"

# follows CONTENT DESC BASE-FETCH-ARGUMENTS...: a restore that ends with it.
follows() {
	content=$1
	way=$2
	shift 2
	ok "$way: base-fetch succeeds" base-fetch "$WORK/back/data" "$@"
	ok "$way: pg_verifybackup passes" pg_verifybackup -n "$WORK/back/data"
	ok "$way: the server starts" open back
	ok "$way: recovery ends" wait_until 30 recovered back
	dump back >"$WORK/got.sql"
	ok "$way: the content is right" \
		cmp "$WORK/$content.sql" "$WORK/got.sql"
	close back
}

timeline_of() { sql "$1" "select ('x' || substr(pg_walfile_name(
	pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int"; }
put() { sql "$1" "insert into t values ('$2')"; }
take() { # NAME: a backup of it; its name in $WORK/out
	connect_to "$1"
	base-push "$(data "$1")"
}

cluster_new main --wal-segsize=1 # little to write
store_new store
cluster_start main
sql main 'create table t (a text)' "insert into t values ('before')"
ok 'a backup is taken on timeline 1' take main
first=$(cat "$WORK/out")
put main 'timeline 1, in common'
sql main "select pg_create_restore_point('fork')" >/dev/null
put main 'timeline 1, alone'
switch_wal main

# A second timeline. Both servers live on, as after a fail-over gone wrong.
ok 'a restore to the restore point succeeds' base-fetch --target-name fork \
	--target-action promote "$WORK/second/data" "$first"
cluster_own second
ok 'the second server starts' cluster_start second
ok 'it opens' wait_until 30 recovered second
is 'on timeline 2' "$(timeline_of second)" 2
put second 'timeline 2'
switch_wal second
ok 'its WAL is archived under timeline 2' \
	test -n "$(store_wal "00000002${SEGMENT#????????}")"
ok 'its history is archived' wait_until 30 is_archived second 00000002.history
history=$(store_wal 00000002.history)
switch=$(sed -n 's/^1\t\([0-9A-F/]*\)\t.*/\1/p' \
	"$(data second)/pg_wal/00000002.history")
sums=$(md5sum "$history")
dump second >"$WORK/two.sql"

follows two 'from timeline 1 over the switch, by default' "$first"
follows two 'from timeline 1 over the switch, by number' \
	--target-timeline 2 "$first"

# A backup of the new timeline, then one of the old.
ok 'a backup is taken on timeline 2' take second
second=$(cat "$WORK/out")
is 'its name tells the timeline' "${second%????????????????}" base_00000002
put second 'timeline 2, after its backup'
switch_wal second
dump second >"$WORK/two.sql"
ok 'a backup is taken on timeline 1, after the switch' take main
astray=$(cat "$WORK/out")
put main 'timeline 1, after its backup'
switch_wal main
dump main >"$WORK/one.sql"
cluster_stop main

follows two 'from timeline 2' "$second"
follows one 'from timeline 1 along it, by number' --target-timeline 1 "$first"
follows one 'from timeline 1 along it, as the current' \
	--target-timeline current "$first"
follows one 'from after the switch along timeline 1' \
	--target-timeline 1 "$astray"

ok 'backup-list succeeds' backup-list
prints 'it shows timeline 1 of the first' "^$first .* 1 +no +ok\$"
prints 'it shows timeline 2 of the second' "^$second .* 2 +no +ok\$"
prints 'it shows timeline 1 of the third' "^$astray .* 1 +no +ok\$"
ok 'backup-list --json succeeds' backup-list --json
is 'it says timeline 2 of the second' "$(sed -n \
	"/\"$second\"/,/}/s/.*\"timeline\": *\([0-9]*\).*/\1/p" "$WORK/out")" 2

# Ways that lead nowhere; without parts, nothing can have been fetched.
for backup in "$first" "$second" "$astray"; do
	parts=$STORE/basebackups_005/$backup/tar_partitions
	mv "$parts" "$parts.away"
done
exits 6 'by default, a backup the newest timeline does not pass is refused' \
	base-fetch "$WORK/back/data" "$astray"
says 'the message names the switch point' "left timeline 1 at $switch,"
exits 6 'it is refused by number too' \
	base-fetch --target-timeline 2 "$WORK/back/data" "$astray"
says 'the message names the switch point' "left timeline 1 at $switch,"
exits 6 'a backup of timeline 2 is refused for timeline 1' \
	base-fetch --target-timeline 1 "$WORK/back/data" "$second"
says 'the message names both timelines' 'timeline 1 .*timeline 2'
exits 1 'a timeline nobody archived is not there' \
	base-fetch --target-timeline 7 "$WORK/back/data" "$first"
says 'the message names its history' '00000007.history'
exits 2 'a timeline that is no number is a mistake' \
	base-fetch --target-timeline two "$WORK/back/data" "$first"
ok 'nothing was created' test ! -e "$WORK/back"
for backup in "$first" "$second" "$astray"; do
	parts=$STORE/basebackups_005/$backup/tar_partitions
	mv "$parts.away" "$parts"
done

ok 'without a name, a backup is restored' base-fetch "$WORK/back/data"
is 'it is the newest that lies on the way' "$(chosen)" "$second"
close back
ok 'without a name, a backup for timeline 1 is restored' \
	base-fetch --target-timeline 1 "$WORK/back/data"
is 'it is the newest of timeline 1' "$(chosen)" "$astray"
close back

# A third server that cannot see the history takes timeline 2 as well.
ok 'a restore that sees no history succeeds' base-fetch --target-timeline 1 \
	--restore-command 'case %f in *.history) exit 1; esac; wal-fetch %f %p' \
	"$WORK/third/data" "$first"
cluster_own third
ok 'the third server starts' cluster_start third
ok 'it opens' wait_until 30 recovered third
is 'on a timeline 2 of its own' "$(timeline_of third)" 2
refused() {
	[ "$(sql third 'select last_failed_wal from pg_stat_archiver')" = \
		00000002.history ]
}
ok 'its history is not archived' wait_until 30 refused
is 'the first history is as it was' "$(md5sum "$history")" "$sums"
exits 6 'wal-push says why' sh -c "cd '$(data third)' &&
	wal-push pg_wal/00000002.history"
says 'and names the file' '00000002.history'
is 'the first history is still as it was' "$(md5sum "$history")" "$sums"
close third
close second
finish
