#!/bin/sh
# What backup-delete prints is what it does, object for object, and what it
# leaves can be restored, also across timelines.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/base.sh"

cluster_new main --wal-segsize=1
store_new store
cluster_start main
connect_to main
sql main 'create table t (n int)'
SOURCE=main

# taken OPTIONS...: a backup with 1000 rows before and 1000 behind it; NAME.
taken() {
	sql "$SOURCE" 'insert into t select generate_series(1, 1000)'
	NAME=$(base-push "$@" "$(data "$SOURCE")" 2>"$WORK/push.err") ||
		{ sed 's/^/# /' "$WORK/push.err" >&2; exit 1; }
	sql "$SOURCE" 'insert into t select generate_series(1, 1000)'
	switch_wal "$SOURCE"
}

names() { listed | tr '\n' ' ' | sed 's/ $//'; }

# objects: what lies in the store, but drafts, with its content.
objects() {
	(cd "$STORE" && find wal_005 basebackups_005 cluster.json -type f \
		! -name in_progress.json -exec cksum {} +) | sort
}

# planned FILE: the objects that a plan says will go. WAL comes as a range and a
# number, so that both can be held against what has gone.
planned() {
	sed -n 's/^delete *\(base_[0-9A-F]*\).*/\1/p' "$1" | while read -r backup; do
		(cd "$STORE" && find "basebackups_005/$backup" \
			"basebackups_005/${backup}_backup_stop_sentinel.json" \
			-type f ! -name in_progress.json 2>/dev/null)
	done | sort
}
planned_wal() {
	sed -n 's/^delete *WAL \([0-9A-F]*\)[^ ]* to \([0-9A-F]*\)[^ ]*, \([0-9]*\) files.*/\1 \2 \3/p' "$1"
}

# deletes REQUEST...: the plan, then the deed; both must agree.
deletes() {
	objects >"$WORK/before"
	ok "$*: there is something to delete" backup-delete "$@"
	cp "$WORK/out" "$WORK/plan"
	planned "$WORK/plan" >"$WORK/planned"
	objects >"$WORK/still"
	ok "$*: the plan alone deletes nothing" cmp "$WORK/before" "$WORK/still"
	ok "$*: it is carried out" backup-delete "$@" --confirm
	cp "$WORK/out" "$WORK/plan_again"
	ok "$*: as it was printed" cmp "$WORK/plan" "$WORK/plan_again"
	objects >"$WORK/after"
	comm -23 "$WORK/before" "$WORK/after" | sed 's/^[0-9]* [0-9]* //' |
		sort >"$WORK/gone"
	grep -v '^wal_005/' "$WORK/gone" >"$WORK/gone_objects"
	grep '^wal_005/' "$WORK/gone" | sed 's|^wal_005/||' >"$WORK/gone_wal"
	ok "$*: the backups of the plan went, whole, and no other object" \
		cmp "$WORK/planned" "$WORK/gone_objects"
	is "$*: the WAL of the plan went and no other" \
		"$([ ! -s "$WORK/gone_wal" ] ||
			echo "$(head -1 "$WORK/gone_wal" | cut -c 1-24)" \
				"$(tail -1 "$WORK/gone_wal" | cut -c 1-24)" \
				"$(wc -l <"$WORK/gone_wal")")" \
		"$(planned_wal "$WORK/plan")"
	is "$*: nothing was added or changed" \
		"$(comm -13 "$WORK/before" "$WORK/after")" ''
	exits 1 "$*: a second time there is nothing to delete" \
		backup-delete "$@" --confirm
	is "$*: each backup that is left has its WAL" \
		"$(backup-list --json | jq -c 'map(.usable) | unique')" '[true]'
}

# restores NAME ROWS [OPTIONS...]: it starts, recovers to the end of its WAL and
# has the rows.
restores() {
	backup=$1
	expected=$2
	shift 2
	rm -rf "$WORK/back/data"
	base-fetch "$WORK/back/data" "$backup" "$@" 2>"$WORK/fetch.err" ||
		{ cat "$WORK/fetch.err"; return 1; }
	cluster_own back
	echo 'archive_mode = off' | cluster_conf back
	cluster_start back || return 1
	wait_until 30 recovered back
	rows=$(sql back 'select count(*) from t')
	cluster_stop back immediate
	[ "$rows" = "$expected" ] || { echo "$rows rows"; return 1; }
}

for number in 1 2 3 4 5; do
	taken
	eval "backup$number=$NAME"
done

# --- each request ----------------------------------------------------------

deletes before "$backup2"
is 'what is older than the named backup went' "$(names)" \
	"$backup2 $backup3 $backup4 $backup5"
ok 'the oldest kept recovers through all WAL' restores "$backup2" 10000

middle=$(backup-list --json | jq -r ".[] | select(.backup_name == \"$backup3\") | .time")
deletes before "$middle"
is 'what finished before the time went' "$(names)" "$backup3 $backup4 $backup5"
ok 'the oldest kept recovers through all WAL' restores "$backup3" 10000

deletes target "$backup4"
is 'the target went' "$(names)" "$backup3 $backup5"
is 'and no WAL, since the one before it recovers through it' \
	"$(cat "$WORK/gone_wal")" ''
ok 'as it does' restores "$backup3" 10000

# --- what a killed backup leaves -------------------------------------------

exits 1 'without leftovers there is no garbage' backup-delete garbage --confirm
tree_of "$STORE/basebackups_005" >"$WORK/complete"
sql main 'insert into t select 0'
WALNUT_RATE_LIMIT=4M background killed base-push "$(data main)"
left_objects() { ls "$STORE"/basebackups_005/*/in_progress.json; }
wait_until 20 left_objects
kill -9 "$BACKGROUND"
wait "$BACKGROUND" 2>/dev/null
left=$(basename "$(dirname "$(left_objects)")")
# A part that had been put before the end came.
mkdir -p "$STORE/basebackups_005/$left/tar_partitions"
echo half >"$STORE/basebackups_005/$left/tar_partitions/part_001.tar.zst"
exits 0 'retain leaves what a killed backup left' backup-delete retain 1
ok 'and does not plan it' sh -c '! grep -q "delete *$1" "$2"' sh "$left" "$WORK/out"
find "$STORE/.drafts" -type f -exec touch -d '3 hours ago' {} +
deletes garbage
tree_of "$STORE/basebackups_005" >"$WORK/cleaned"
ok 'garbage took all that the killed backup left, and nothing else' \
	cmp "$WORK/complete" "$WORK/cleaned"
is 'old drafts too' "$(drafts)" ''
is 'the backups stayed' "$(names)" "$backup3 $backup5"

# --- beside a backup in progress -------------------------------------------

WALNUT_RATE_LIMIT=4M background slow base-push "$(data main)"
wait_until 20 left_objects
running=$(basename "$(dirname "$(left_objects)")")
tree_of "$STORE/basebackups_005/$running" | grep -v in_progress |
	sort >"$WORK/sofar"
exits 1 'a backup in progress is no garbage' backup-delete garbage --confirm
ok 'retain goes its way beside it' backup-delete retain 1 --confirm
ok 'the backup is still running' is_alive "$BACKGROUND"
tree_of "$STORE/basebackups_005/$running" | grep -v in_progress |
	sort >"$WORK/now"
is 'and what it had written is there' "$(comm -23 "$WORK/sofar" "$WORK/now")" ''
ok 'it completes' wait "$BACKGROUND"
is 'one backup was kept and one came' "$(names)" "$backup5 $running"
ok 'the new one can be restored' restores "$running" 10001
ok 'the kept one too' restores "$backup5" 10001

# --- timelines -------------------------------------------------------------

sql main 'create table split ()'
switch_wal main
cluster_stop main
rm -rf "$WORK/second"
base-fetch "$WORK/second/data" "$running" 2>/dev/null
cluster_own second
ok 'a restored server archives to the same store' cluster_start second
wait_until 30 recovered second
is_on_two() { [ -n "$(store_wal 00000002.history)" ]; }
ok 'and begins a timeline' wait_until 20 is_on_two
SOURCE=second
connect_to second
taken
tli2=$NAME
is 'the backup on it is the newest' "$(names)" "$backup5 $running $tli2"
ok 'a backup before the split recovers along the new timeline' \
	restores "$running" 12001
ok 'and along its own' restores "$running" 10001 --target-timeline current
deletes retain 2
is 'retain counts across timelines' "$(names)" "$running $tli2"
ok 'the one before the split still recovers along the new timeline' \
	restores "$running" 12001
deletes retain 1
is 'the one on the new timeline stays' "$(names)" "$tli2"
ok 'the history file too' is_on_two
is 'WAL before its start is gone, on the old timeline too' \
	"$(ls "$STORE/wal_005" | grep -E '^[0-9A-F]{24}[.]' | cut -c 9-24 | sort |
		head -1)" "$(echo "$tli2" | cut -c 14-29)"
ok 'it recovers' restores "$tli2" 12001
exits 6 'the last full backup is not deleted by its name' \
	backup-delete target "$tli2" --confirm
exits 1 'nor by age' backup-delete before 2099-01-01T00:00:00Z --confirm
is 'it is there' "$(names)" "$tli2"
cluster_stop second

# --- a listing that breaks off ---------------------------------------------

# Something that each of the requests would delete.
cp "$(store_wal 00000002.history)" "$STORE/wal_005/000000010000000000000001.zst"
for folder in basebackups_005 "basebackups_005/$tli2" wal_005; do
	for request in garbage 'retain 1' 'everything FORCE'; do
		objects >"$WORK/before"
		mode=$(stat -c %a "$STORE/$folder")
		chmod 000 "$STORE/$folder"
		# shellcheck disable=SC2086 # words
		run backup-delete $request --confirm
		chmod "$mode" "$STORE/$folder"
		objects >"$WORK/after"
		ok "$request: $folder cannot be read, which is said" \
			test "$STATUS" -ge 2 -a "$STATUS" -le 7
		ok "$request: and nothing is deleted" cmp "$WORK/before" "$WORK/after"
	done
done
exits 0 'once all can be read, retain deletes' backup-delete retain 1 --confirm
is 'what it should' "$(store_wal 000000010000000000000001)" ''
finish
