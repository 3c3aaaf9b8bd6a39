#!/bin/sh
# base-fetch restores into nothing but an empty place with room enough, asks
# for what is needed before it begins, and restores the same every time.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/base.sh"

cluster_new main -k
store_new store
cluster_start main
connect_to main
sql main 'create table t as select g from generate_series(1, 10000) g'
export WALNUT_PART_SIZE=4M
ok 'there is a backup' base-push "$(data main)"
first=$(cat "$WORK/out")
ok 'and another' base-push "$(data main)"
second=$(cat "$WORK/out")
mkdir "$WORK/empty"
store=$(tree_of "$STORE")

# --- places ----------------------------------------------------------------

exits 6 "a running server's directory is refused" base-fetch "$(data main)"
says 'as such' "$(data main): a server runs here"
is 'and the server is as before' "$(sql main 'select count(*) from t')" 10000
ok 'it stops' cluster_stop main
stopped=$(tree_of "$(data main)")
exits 6 "a stopped server's directory is refused" base-fetch "$(data main)"
says 'because it is not empty' "$(data main): is not empty: holds \""
ok 'nothing in it has changed' test "$(tree_of "$(data main)")" = "$stopped"
echo x >"$WORK/file"
exits 6 'a file in the place is refused' base-fetch "$WORK/file"
is 'and stays' "$(cat "$WORK/file")" x
mkdir "$WORK/hidden" && echo x >"$WORK/hidden/.x"
exits 6 'a hidden file counts too' base-fetch "$WORK/hidden"
ln -s "$WORK/hidden" "$WORK/link"
exits 6 'a link to a directory that is not empty is refused' base-fetch "$WORK/link"
is 'and nothing is written there' "$(tree_of "$WORK/hidden" | wc -l)" 2

mkdir -p "$WORK/mount/data/lost+found"
chmod 755 "$WORK/mount/data"
inode=$(stat -c %i "$WORK/mount/data")
ok 'a new file system, with lost+found alone, counts as empty' \
	base-fetch "$WORK/mount/data"
ok 'lost+found is still there' test -d "$WORK/mount/data/lost+found"
is 'the directory is the same' "$(stat -c %i "$WORK/mount/data")" "$inode"
is 'and closed to others now' "$(stat -c %a "$WORK/mount/data")" 700
cluster_own mount
ok 'the server starts there' cluster_start mount
ok 'and recovers' wait_until 30 recovered mount
is 'with all data' "$(sql mount 'select count(*) from t')" 10000
cluster_stop mount immediate

# --- before anything is fetched --------------------------------------------

exits 1 'an unknown name is answered with no' \
	base-fetch "$WORK/new" base_0000000100000000000000AA
says 'and named' 'error: .*base_0000000100000000000000AA'
says 'with what there is' "hint: .*($first|$second)"
exits 1 'so is an empty store' \
	env WALNUT_STORE="file://$WORK/empty" base-fetch "$WORK/new"
segment=${first#base_}
mv "$STORE/wal_005/$segment.zst" "$WORK/"
exits 1 'a backup without its WAL is not restored' base-fetch "$WORK/new" "$first"
says 'and the segment named' "error: $first: .*WAL segment $segment is not"
mv "$WORK/$segment.zst" "$STORE/wal_005/"
exits 2 'two targets are refused' \
	base-fetch --target-immediate --target-lsn 0/1 "$WORK/new"
ok 'none of them has created anything' test ! -e "$WORK/new"

if [ -n "${SMALL_FS:-}" ]; then
	# Others use it too, one after the other.
	small=$SMALL_FS/55-$$
	exec 9>"$SMALL_FS/lock"
	flock 9
	mkdir "$small"
	fallocate -l $(($(df -B1 --output=avail "$SMALL_FS" | tail -1) - 8000000)) \
		"$small/filler"
	exits 7 'a place without room is refused' base-fetch "$small/data" "$first"
	says 'with what is needed and what is there' \
		'not enough room: the backup needs [0-9.]+ MiB, [0-9.]+ MiB are free'
	# Parts that are not there show that they are not asked for.
	mv "$STORE/basebackups_005/$first/tar_partitions" "$WORK/parts"
	exits 7 'before a part is fetched' base-fetch "$small/data" "$first"
	mv "$WORK/parts" "$STORE/basebackups_005/$first/tar_partitions"
	ok 'or anything is created' test ! -e "$small/data"
	rm -rf "$small"
	exec 9>&-
fi

# --- what comes back -------------------------------------------------------

part=$STORE/basebackups_005/$first/tar_partitions/part_002.tar.zst
mkdir "$WORK/failing"
inode=$(stat -c %i "$WORK/failing")
flip "$part" 1000
exits 3 'a restore fails' base-fetch "$WORK/failing" "$first"
flip "$part" 1000
is 'the directory it was given is still there, the same' \
	"$(stat -c %i "$WORK/failing")" "$inode"
says 'the hint says that it has to be emptied' "hint: $WORK/failing .*empty"
exits 6 'the next one into it is refused' base-fetch "$WORK/failing" "$first"

WALNUT_RATE_LIMIT= ok 'one restore succeeds' \
	base-fetch --progress "$WORK/one/data" "$first"
says 'progress tells how much there was' \
	'^base-fetch: notice: restoring: [0-9.]+ MiB, [0-9]+ files in '
is 'stdout is empty' "$(cat "$WORK/out")" ''
(
	umask 000
	mkdir "$WORK/two"
	base-fetch "$WORK/two/data" "$first" 2>/dev/null
)
ok 'another one, with another umask, gives the same files' \
	diff -r "$WORK/one/data" "$WORK/two/data"
modes() { (cd "$1" && find . -printf '%M %u %g %p\n' | sort -k 4); }
modes "$WORK/one/data" >"$WORK/one.modes"
modes "$WORK/two/data" >"$WORK/two.modes"
ok 'with the same modes' diff "$WORK/one.modes" "$WORK/two.modes"
is 'all files are open to their owner alone' "$(find "$WORK/one/data" \
	\( -type f ! -perm 0600 \) -o \( -type d ! -perm 0700 \))" ''
is 'who is us' "$(find "$WORK/one/data" ! -user "$(id -un)")" ''
ok 'pg_verifybackup passes' pg_verifybackup -n "$WORK/two/data"
is 'recovery is asked for' \
	"$(cat "$WORK/one/data/recovery.signal" && echo asked)" asked
ok 'the tree is that of the server, but for what a backup leaves out' sh -c "
	LC_ALL=C diff -rq '$(data main)' '$WORK/one/data' |
	grep '^Only in $WORK/one' | grep -Ev \
	': (backup_label|backup_manifest|recovery.signal)\$' | (! grep .)"
for mode in one two; do
	cluster_own "$mode"
	ok "restore $mode starts" cluster_start "$mode"
	ok 'and recovers' wait_until 30 recovered "$mode"
	cluster_stop "$mode" immediate
done

# --- verify only -----------------------------------------------------------

mkdir "$WORK/nothing" && cd "$WORK/nothing" || exit
touch "$WORK/mark"
ok 'a good backup passes --verify-only' base-fetch --verify-only "$first"
ok 'so does the latest' base-fetch --verify-only LATEST
is 'which writes nothing where it runs' "$(ls -A)" ''
is 'nor into the store' "$(tree_of "$STORE" | grep -v ' ./wal_005')" \
	"$(echo "$store" | grep -v ' ./wal_005')"
is 'nor anywhere else' "$(find "$WORK" -newer "$WORK/mark" -type f \
	! -path "$WORK/out" ! -path "$WORK/err" ! -path "$STORE/wal_005/*")" ''
exits 2 'it takes no directory' base-fetch --verify-only "$WORK/nothing" "$first"
exits 1 'an unknown name is answered with no there too' \
	base-fetch --verify-only base_0000000100000000000000AA
finish
