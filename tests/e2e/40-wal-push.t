#!/bin/sh
# wal-push archives what PostgreSQL wrote, says yes again to the same, and lets
# nothing else into the archive.
. "$(dirname "$0")/lib.sh"

cluster_new main --wal-segsize=1
cluster_new other --wal-segsize=1
for cluster in main other; do
	cluster_conf "$cluster" <<-CONF
	archive_command = ''
	autovacuum = off
	CONF
	cluster_start "$cluster"
	sql "$cluster" 'create table t as select g, md5(g::text) from generate_series(1, 20000) g' \
		'select pg_switch_wal()' >/dev/null
done
printf '%s\n' "select pg_backup_start('b', true);" \
	'select pg_backup_stop(false);' |
	psql -h "$WORK/main/socket" -U postgres -XAtq >"$WORK/stop" 2>&1
cluster_stop main
cluster_stop other

MAIN=$(data main)/pg_wal
OTHER=$(data other)/pg_wal
SEGMENT=$(wal_names main | sed -n 2p)
NEXT=$(wal_names main | sed -n 3p)
BACKUP=$(basename "$(ls "$MAIN"/*.backup)")
printf '1\t0/300000\tno recovery target specified\n' >"$MAIN/00000002.history"
IDENTIFIER=$(pg_controldata "$(data main)" | sed -n 's/^Database system identifier: *//p')
STRANGER=$(pg_controldata "$(data other)" | sed -n 's/^Database system identifier: *//p')

# A place that looks like main's data directory and holds doctored files.
FAKE=$WORK/fake/data
mkdir -p "$FAKE/pg_wal" "$FAKE/global"
cp "$(data main)/global/pg_control" "$FAKE/global"

# doctored [SEGMENT]: a copy to be damaged; sets PATH_OF.
doctored() {
	PATH_OF=$FAKE/pg_wal/${1:-$SEGMENT}
	rm -rf "$PATH_OF"
	cp "$MAIN/$SEGMENT" "$PATH_OF"
}

WALNUT_RETRY_FOR=1s
store_new store

# --- what belongs there ------------------------------------------------------
ok 'a segment is archived' in_data main wal-push "pg_wal/$SEGMENT"
is 'without a word' "$(cat "$WORK/out" "$WORK/err")" ''
ok 'and lies in the store with its content' \
	stored "$MAIN/$SEGMENT" "$(store_wal "$SEGMENT")"
ok 'cluster.json says whose store it is' \
	grep -q "\"system_identifier\": $IDENTIFIER\\b" "$STORE/cluster.json"
ok 'a timeline history is archived' in_data main wal-push pg_wal/00000002.history
ok 'with its content' stored "$MAIN/00000002.history" "$(store_wal 00000002.history)"
ok 'a backup history is archived' in_data main wal-push "pg_wal/$BACKUP"
ok 'with its content' stored "$MAIN/$BACKUP" "$(store_wal "$BACKUP")"
cp "$MAIN/$NEXT" "$FAKE/pg_wal/$NEXT.partial"
ok 'a partial segment is archived' wal-push "$FAKE/pg_wal/$NEXT.partial"
ok 'with its content' stored "$MAIN/$NEXT" "$(store_wal "$NEXT.partial")"
is 'no draft is left' "$(drafts)" ''

# --- the same again ----------------------------------------------------------
before=$(tree "$STORE")
for file in "$SEGMENT" 00000002.history "$BACKUP"; do
	exits 0 "$file again is a success" in_data main wal-push "pg_wal/$file"
done
exits 0 'also with another compression set' \
	env WALNUT_COMPRESSION=lz4 wal-push "$MAIN/$SEGMENT"
is 'and the store is untouched' "$(tree "$STORE")" "$before"

# --- other content under the name --------------------------------------------
# changed DESC REGEX FILE: 6, a message, and an untouched store.
changed() {
	before=$(tree "$STORE")
	exits 6 "$1 is refused" wal-push "$3"
	says 'the message names the object' "file://$STORE/wal_005/$(basename "$3").zst"
	says 'and says what is wrong' "$2"
	is 'the store is untouched' "$(tree "$STORE")" "$before"
}
doctored
flip "$PATH_OF" 500000 3
changed 'a segment with one bit changed' "differs at byte 500000" "$PATH_OF"
says 'the same cluster wrote both' "cluster $IDENTIFIER wrote both"
echo '# more' >>"$FAKE/pg_wal/00000002.history"
cat "$MAIN/00000002.history" >>"$FAKE/pg_wal/00000002.history"
changed 'another timeline history' 'other content' "$FAKE/pg_wal/00000002.history"
{ cat "$MAIN/$BACKUP"; echo; } >"$FAKE/pg_wal/$BACKUP"
changed 'another backup history' 'other content' "$FAKE/pg_wal/$BACKUP"

# A prefix that nobody has claimed, as WAL-G leaves it, holds no other guard
# than the segments themselves.
before=$(tree "$STORE/wal_005")
mv "$STORE/cluster.json" "$WORK/cluster.json"
exits 6 "another cluster's segment under the name is refused" \
	wal-push "$OTHER/$SEGMENT"
says 'who wrote which is said' \
	"written by the cluster with system identifier $IDENTIFIER, not by $STRANGER"
is 'the object is untouched' "$(tree "$STORE/wal_005")" "$before"
mv "$WORK/cluster.json" "$STORE/cluster.json"

# --- what never gets in --------------------------------------------------------
# refused DESC REGEX FILE: 6 in a store in use and in a new one, nothing written.
refused() {
	before=$(tree "$STORE")
	mkdir "$WORK/empty"
	exits 6 "$1 is refused" sh -c 'wal-push "$1"' sh "$3"
	says 'and the message says why' "$2"
	says 'and names the file' "^wal-push: error: $3: not archived: "
	is 'nothing in the store has changed' "$(tree "$STORE")" "$before"
	exits 6 'a new store refuses it too' \
		env "WALNUT_STORE=file://$WORK/empty" wal-push "$3"
	is 'and nothing appears there' "$(ls -A "$WORK/empty")" ''
	rm -rf "$WORK/empty"
}
refused_here() { # for what only an owner can tell
	before=$(tree "$STORE")
	exits 6 "$1 is refused" wal-push "$3"
	says 'and the message says why' "$2"
	is 'nothing in the store has changed' "$(tree "$STORE")" "$before"
}
STRANGE=$(wal_names other | sed -n 3p)
refused_here "another cluster's segment" "$IDENTIFIER.*$STRANGER" "$OTHER/$STRANGE"

doctored
truncate -s 500000 "$PATH_OF"
refused 'a truncated segment' '500000 bytes' "$PATH_OF"
truncate -s 20 "$PATH_OF"
refused 'a segment cut in its header' 'cut short' "$PATH_OF"
truncate -s 0 "$PATH_OF"
refused 'an empty segment' 'cut short' "$PATH_OF"
doctored
truncate -s 2097152 "$PATH_OF"
refused 'a segment that is too long' '2097152 bytes' "$PATH_OF"
doctored "000000010000000000000FFF"
refused "a segment under another one's name" 'by its name, but' "$PATH_OF"
doctored 000000010000000000001000
refused 'a name that no segment of this size has' 'no segment of 1048576' "$PATH_OF"
last=$(wal_names main | tail -1)
cp "$MAIN/$SEGMENT" "$FAKE/pg_wal/$last"
refused 'a recycled segment' 'by its name, but' "$FAKE/pg_wal/$last"
doctored
patch "$PATH_OF" 0 34 12
refused 'a segment with a wrong magic' 'magic 0x1234' "$PATH_OF"
doctored
dd if=/dev/zero of="$PATH_OF" bs=1048576 count=1 2>/dev/null
refused 'a segment of zeros' 'magic 0x0000' "$PATH_OF"
doctored
patch "$PATH_OF" 4 02
refused "a segment with a timeline above its name's" 'timeline' "$PATH_OF"
doctored
patch "$PATH_OF" 32 00 00 20 00 # from 1 MiB to 2 MiB
refused 'a segment that claims another size' '2097152|not the first page' "$PATH_OF"

printf '1\t0/3000\n2 and so on\n' >"$FAKE/pg_wal/00000003.history"
refused 'a damaged history' '00000003.history' "$FAKE/pg_wal/00000003.history"
printf '3\t0/300000\tbeyond\n' >"$FAKE/pg_wal/00000003.history"
refused 'a history that names its own timeline as parent' '00000003.history' \
	"$FAKE/pg_wal/00000003.history"
: >"$FAKE/pg_wal/00000003.history"
refused 'an empty history' '00000003.history' "$FAKE/pg_wal/00000003.history"
: >"$FAKE/pg_wal/$NEXT.00000028.backup"
refused 'an empty backup history' 'START WAL LOCATION' "$FAKE/pg_wal/$NEXT.00000028.backup"
cp "$MAIN/$SEGMENT" "$FAKE/pg_wal/RECOVERYXLOG"
refused 'a file that has not the name of a WAL file' 'not the name' \
	"$FAKE/pg_wal/RECOVERYXLOG"
cp "$MAIN/$SEGMENT" "$FAKE/pg_wal/$SEGMENT.gz"
refused 'a segment with a suffix' 'not the name' "$FAKE/pg_wal/$SEGMENT.gz"
rm -f "$FAKE/pg_wal/$SEGMENT"
mkdir "$FAKE/pg_wal/$SEGMENT"
refused 'a directory' 'not a regular file' "$FAKE/pg_wal/$SEGMENT"
rmdir "$FAKE/pg_wal/$SEGMENT"
mkfifo "$FAKE/pg_wal/$SEGMENT"
refused 'a FIFO' 'not a regular file' "$FAKE/pg_wal/$SEGMENT"
rm "$FAKE/pg_wal/$SEGMENT"

before=$(tree "$STORE")
exits 7 'a file that is not there is a failure of the system' \
	wal-push "$FAKE/pg_wal/$SEGMENT"
says 'which is told' "$SEGMENT: No such file or directory"
is 'nothing in the store has changed' "$(tree "$STORE")" "$before"
exits 2 'no argument is a mistake in the usage' wal-push
exits 2 'so are two' wal-push a b

# --- two at once ---------------------------------------------------------------
wrong=0
round=0
while [ "$round" -lt 20 ]; do
	store_new "both$round"
	wal-push "$MAIN/$SEGMENT" 2>"$WORK/err1" &
	first=$!
	wal-push "$MAIN/$SEGMENT" 2>"$WORK/err2" &
	second=$!
	wait "$first" && wait "$second" &&
		[ "$(ls "$STORE/wal_005")" = "$SEGMENT.zst" ] &&
		stored "$MAIN/$SEGMENT" "$(store_wal "$SEGMENT")" &&
		[ -z "$(drafts)" ] || {
		wrong=$((wrong + 1))
		cat "$WORK/err1" "$WORK/err2" >&2
	}
	round=$((round + 1))
done
is 'two pushes of one file at once both succeed and make one object' "$wrong" 0
doctored
flip "$PATH_OF" 500000 3
wrong=0
round=0
while [ "$round" -lt 20 ]; do
	store_new "either$round"
	wal-push "$MAIN/$SEGMENT" 2>/dev/null &
	first=$!
	wal-push "$PATH_OF" 2>/dev/null &
	second=$!
	one=0
	two=0
	wait "$first" || one=$?
	wait "$second" || two=$?
	object=$(store_wal "$SEGMENT")
	case $one$two in
	06) stored "$MAIN/$SEGMENT" "$object" ;;
	60) stored "$PATH_OF" "$object" ;;
	*) false ;;
	esac || wrong=$((wrong + 1))
	round=$((round + 1))
done
is 'of two pushes of different files under one name exactly one wins' "$wrong" 0
finish
