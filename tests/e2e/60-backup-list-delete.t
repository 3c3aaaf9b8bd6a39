#!/bin/sh
# backup-list shows what there is in the order of the backups' own times, and
# backup-delete removes what it said it would and nothing that is needed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/base.sh"

cluster_new main --wal-segsize=1
store_new store
cluster_start main
connect_to main
sql main 'create table t (n int)'

# taken OPTIONS...: a backup with new rows and WAL behind it; NAME is its name.
taken() {
	sql main 'insert into t select generate_series(1, 1000)'
	NAME=$(base-push "$@" "$(data main)" 2>"$WORK/push.err") ||
		{ sed 's/^/# /' "$WORK/push.err" >&2; exit 1; }
	sql main 'insert into t select generate_series(1, 1000)'
	switch_wal main
}

# names: the backups as backup-list has them, on one line.
names() { backup-list --json | jq -r '[.[].backup_name] | join(" ")'; }

# same_tree FILE: the store is as when FILE was written by tree_of.
same_tree() { tree "$STORE" | cmp - "$1"; }

# restores NAME ROWS: a backup comes back, starts, recovers to its end and has
# the rows.
restores() {
	rm -rf "$WORK/back/data"
	base-fetch "$WORK/back/data" "$1" --target-immediate \
		--target-action promote 2>"$WORK/fetch.err" ||
		{ cat "$WORK/fetch.err"; return 1; }
	cluster_own back
	echo 'archive_mode = off' | cluster_conf back
	cluster_start back || return 1
	wait_until 30 recovered back
	rows=$(sql back 'select count(*) from t')
	cluster_stop back immediate
	[ "$rows" = "$2" ] || { echo "$rows rows"; return 1; }
}

# --- listing ---------------------------------------------------------------

ok 'a store without backups can be listed' backup-list
is 'as an empty list' "$(backup-list --json | jq -c .)" '[]'

taken --label 'the first one' --user-data '{"ticket": 17}'
first=$NAME
taken --permanent
second=$NAME
taken
third=$NAME
taken
fourth=$NAME

backup-list --detail --json >"$WORK/list.json"
is 'the keys of WAL-G are there' "$(jq -r '.[0] | [has("backup_name", "time",
	"wal_file_name", "storage_name", "start_time", "finish_time", "date_fmt",
	"hostname", "data_dir", "pg_version", "start_lsn", "finish_lsn",
	"is_permanent", "system_identifier", "uncompressed_size",
	"compressed_size", "user_data")] | all' "$WORK/list.json")" true
is 'user data comes back as it was given' \
	"$(jq -c '.[0].user_data' "$WORK/list.json")" '{"ticket":17}'
is 'and the label' "$(jq -r '.[0].label' "$WORK/list.json")" 'the first one'
is 'only the second is permanent' \
	"$(jq -c '[.[].is_permanent]' "$WORK/list.json")" '[false,true,false,false]'
is 'the system identifier is exact' \
	"$(jq '.[0].system_identifier | tostring' "$WORK/list.json" | tr -d '"')" \
	"$(sql main 'select system_identifier from pg_control_system()' |
		jq 'tostring' | tr -d '"')"
is 'they come in the order they were taken in' "$(names)" \
	"$first $second $third $fourth"
ok 'the table is printed' backup-list
prints 'with size, type, version, timeline, permanent and WAL' \
	"^$second .* full +[0-9.]+ +1 +yes +ok\$"
touch -d '2001-01-01' "$STORE/basebackups_005/${fourth}"_*
touch "$STORE/basebackups_005/${first}"_*
is 'whatever times the objects have' "$(names)" "$first $second $third $fourth"
ok 'LATEST is the newest by its own time' base-fetch --verify-only LATEST
says 'and is named' "$fourth: verified"

wal=$(jq -r '.[2].wal_file_name' "$WORK/list.json")
mv "$STORE/wal_005/$wal.zst" "$WORK/hidden"
is 'missing WAL is shown' \
	"$(backup-list --json | jq -c '.[2] | [.wal_missing, .usable]')" '[1,false]'
mv "$WORK/hidden" "$STORE/wal_005/$wal.zst"

sentinel=$STORE/basebackups_005/${fourth}_backup_stop_sentinel.json
cp "$sentinel" "$WORK/sentinel"
flip "$sentinel" 100 3
ok 'a damaged sentinel does not hide the others' backup-list
prints 'and is shown as what it is' "^$fourth .*"
is 'it is never LATEST' "$(base-fetch --verify-only LATEST 2>&1 |
	sed -n 's/.*notice: \(base_[0-9A-F]*\): verified.*/\1/p')" "$third"
tree "$STORE" >"$WORK/before"
ok 'nor is anything it may need deleted' backup-delete retain 1 --confirm
ok 'its WAL least of all' test -f "$STORE/wal_005/$wal.zst"
is 'the permanent one and the unreadable one stayed' \
	"$(names | tr ' ' '\n' | sort | tr '\n' ' ')" \
	"$(printf '%s\n' "$second" "$third" "$fourth" | sort | tr '\n' ' ')"
cp "$WORK/sentinel" "$sentinel"

# --- deleting --------------------------------------------------------------

taken
fifth=$NAME
taken
sixth=$NAME
is 'five backups are there' "$(names)" "$second $third $fourth $fifth $sixth"

for request in 'retain 2' "before $fifth" 'retain FULL 1' 'everything FORCE' \
	"target $third" 'before 2099-01-01T00:00:00Z'; do
	tree "$STORE" >"$WORK/before"
	# shellcheck disable=SC2086 # words
	ok "$request: the plan is printed" backup-delete $request
	prints "$request: with what goes" '^delete '
	ok "$request: and nothing is touched" same_tree "$WORK/before"
done

exits 1 'a name that is not there' backup-delete target \
	base_0000000100000000000000FF --confirm
exits 2 'a request that is none' backup-delete remains 3
exits 2 'retain without a number' backup-delete retain
exits 2 'retain nothing' backup-delete retain 0
exits 6 'a permanent backup is refused' backup-delete target "$second" --confirm
exits 6 'so is everything, without FORCE' backup-delete everything --confirm

ok 'target takes one backup' backup-delete target "$third" --confirm
is 'and no other' "$(names)" "$second $fourth $fifth $sixth"
ok 'nor its WAL' test -f "$STORE/wal_005/$wal.zst"

touch "$STORE/wal_005/00000002.history.zst"
ok 'retain keeps the newest' backup-delete retain 2 --confirm
is 'and what is permanent' "$(names)" "$second $fifth $sixth"
is 'all WAL of the permanent one and from the oldest kept on is there' \
	"$(backup-list --json | jq -c '[.[].usable]')" '[true,true,true]'
ok 'WAL between them is gone' test ! -f "$STORE/wal_005/$wal.zst"
ok 'history files are not' test -f "$STORE/wal_005/00000002.history.zst"
rm "$STORE/wal_005/00000002.history.zst"
ok 'the permanent backup can be restored' restores "$second" 3000
ok 'so can the oldest kept' restores "$fifth" 9000
exits 1 'now there is nothing to delete' backup-delete retain 2 --confirm
ok 'before a time keeps the newest full one all the same' backup-delete before \
	'2099-01-01 00:00:00+00' --confirm
is 'and what is permanent' "$(names)" "$second $sixth"
ok 'it can be restored' restores "$sixth" 11000

# --- in progress, interrupted ----------------------------------------------

WALNUT_RATE_LIMIT=4M background slow base-push "$(data main)"
wait_until 20 sh -c "ls '$STORE'/basebackups_005/*/in_progress.json"
running=$(basename "$(dirname "$(ls "$STORE"/basebackups_005/*/in_progress.json)")")
tree "$STORE/basebackups_005/$running" >"$WORK/running"
run backup-delete garbage --confirm
run backup-delete retain 1 --confirm
ok 'a backup in progress is left alone' \
	test -f "$STORE/basebackups_005/$running/in_progress.json"
exits 6 'everything is refused meanwhile' backup-delete everything FORCE \
	--confirm
says 'with the name of the backup' "$running"
ok 'it completes' wait "$BACKGROUND"
ok 'and can be restored' restores "$running" 12000

WALNUT_RATE_LIMIT=4M background killed base-push "$(data main)"
wait_until 20 sh -c "ls '$STORE'/basebackups_005/*/in_progress.json"
kill -9 "$BACKGROUND"
wait "$BACKGROUND" 2>/dev/null
left=$(basename "$(dirname "$(ls "$STORE"/basebackups_005/*/in_progress.json)")")
before=$(names)
ok 'what a killed backup has left is told' backup-list
says 'with what removes it' "$left.*garbage"
ok 'garbage removes it' backup-delete garbage --confirm
ok 'whole' test ! -e "$STORE/basebackups_005/$left"
is 'and no backup' "$(names)" "$before"

# --- a listing that fails --------------------------------------------------

tree "$STORE" >"$WORK/before"
mode=$(stat -c %a "$STORE/basebackups_005/$sixth")
chmod 000 "$STORE/basebackups_005/$sixth"
run backup-delete everything FORCE --confirm
isnt_zero=$STATUS
chmod "$mode" "$STORE/basebackups_005/$sixth"
ok 'a store that cannot be listed whole is an error' test "$isnt_zero" -ge 3
mode=$(stat -c %a "$STORE/wal_005")
chmod 000 "$STORE/wal_005"
run backup-delete retain 1 --confirm
isnt_zero=$STATUS
chmod "$mode" "$STORE/wal_005"
ok 'a WAL folder that cannot be listed too' test "$isnt_zero" -ge 3
ok 'and nothing has been deleted' same_tree "$WORK/before"

# --- another cluster, with low numbers, under the same prefix --------------

archive=$STORE
cluster_stop main
store_new other
cluster_new made_anew --wal-segsize=1
cluster_start made_anew
connect_to made_anew
sql made_anew 'create table t (n int)'
young=$(base-push "$(data made_anew)" 2>/dev/null)
switch_wal made_anew
cluster_stop made_anew
for folder in basebackups_005 wal_005; do
	cp -Rn "$STORE/$folder/." "$archive/$folder/"
done
STORE=$archive
export WALNUT_STORE="file://$STORE"
is 'the backup of a cluster made anew is the newest' "$(names)" \
	"$second $sixth $running $young"
ok 'retain goes by time, not by number' backup-delete retain 2 --confirm
is 'and keeps it' "$(names)" "$second $running $young"
is 'with its WAL and that of the other cluster' \
	"$(backup-list --json | jq -c '[.[].usable]')" '[true,true,true]'
ok 'it can be restored' restores "$young" 0
ok 'so can the other cluster' restores "$running" 12000

ok 'everything FORCE takes all' backup-delete everything FORCE --confirm
is 'backups' "$(names)" ''
is 'and WAL' "$(ls "$STORE/wal_005")" ''
finish
