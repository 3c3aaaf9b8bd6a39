#!/bin/sh
# wal-fetch brings back what was archived, byte for byte or not at all, and says
# "not in the archive" only when the archive said so.
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
ABSENT=0000000100000000000000FE
BACKUP=$(basename "$(ls "$MAIN"/*.backup)")
printf '1\t0/300000\tno recovery target specified\n' >"$MAIN/00000002.history"

# The directory in which a server would call it.
PLACE=$WORK/place/data
mkdir -p "$PLACE/pg_wal" "$PLACE/global"
cp "$(data main)/global/pg_control" "$PLACE/global"
TARGET=$PLACE/pg_wal/RECOVERYXLOG

# fetch NAME: as the server calls it; nothing lies under PATH before.
fetch() (
	cd "$PLACE" || exit 126
	rm -f pg_wal/RECOVERYXLOG
	wal-fetch "$1" pg_wal/RECOVERYXLOG
)
# fails CODE DESC NAME: with that exit code, and nothing appears.
fails() {
	exits "$1" "$2" fetch "$3"
	is 'and nothing appears' "$(ls -A "$PLACE/pg_wal")" ''
}
standby() { touch "$PLACE/standby.signal"; }
no_standby() { rm -f "$PLACE/standby.signal"; }

WALNUT_RETRY_FOR=100ms
store_new store
for file in "$SEGMENT" "$NEXT" "$BACKUP" 00000002.history; do
	in_data main wal-push "pg_wal/$file"
done
WAL=$STORE/wal_005

# --- yes and no --------------------------------------------------------------
ok 'a segment is found' fetch "$SEGMENT"
is 'without a word' "$(cat "$WORK/out" "$WORK/err")" ''
ok 'it has the same bytes' cmp "$MAIN/$SEGMENT" "$TARGET"
is 'and is for its owner alone' "$(stat -c %a "$TARGET")" 600
for file in 00000002.history "$BACKUP"; do
	ok "$file is found" fetch "$file"
	ok 'it has the same bytes' cmp "$MAIN/$file" "$TARGET"
done
fails 1 'a segment that is not in the archive is the answer no' "$ABSENT"
fails 1 'so is a history' 00000003.history
fails 1 'a partial segment does not stand for a whole one' "$NEXT.partial"
standby
fails 1 'to a standby too' "$ABSENT"
no_standby
fails 255 'what is no name of a WAL file is a mistake, not a no' nonsense
echo old >"$TARGET"
ok "a file under the path is replaced, whatever the working directory" \
	wal-fetch "$SEGMENT" "$TARGET"
ok 'by the same bytes' cmp "$MAIN/$SEGMENT" "$TARGET"
rm -f "$TARGET"

# --- other stages -------------------------------------------------------------
object=$(store_wal "$SEGMENT")
mv "$object" "$WORK/good.zst"
WALNUT_COMPRESSION=lz4 wal-push "$MAIN/$SEGMENT"
ok 'with lz4 set it is stored so' lz4 -tq "$WAL/$SEGMENT.lz4"
ok 'and found with zstd set' fetch "$SEGMENT"
ok 'with the same bytes' cmp "$MAIN/$SEGMENT" "$TARGET"
rm "$WAL/$SEGMENT.lz4"
zstd -q -19 "$MAIN/$SEGMENT" -o "$object"
ok "what the zstd program made is read" fetch "$SEGMENT"
ok 'with the same bytes' cmp "$MAIN/$SEGMENT" "$TARGET"
rm "$object"
cp "$MAIN/$SEGMENT" "$WAL/$SEGMENT"
ok 'a bare segment is read' fetch "$SEGMENT"
ok 'with the same bytes' cmp "$MAIN/$SEGMENT" "$TARGET"
rm "$WAL/$SEGMENT"
cp "$WORK/good.zst" "$object"

# --- damage --------------------------------------------------------------------
# Where a retry would wait without need.
WALNUT_RETRY_FOR=0s
size=$(stat -c %s "$object")
bad=
appeared=0
position=0
standby
while [ "$position" -lt 200 ]; do
	cp "$WORK/good.zst" "$object"
	flip "$object" $(((position * 7919 + position * position) % size)) \
		$((position % 8))
	STATUS=0
	fetch "$SEGMENT" 2>"$WORK/err" || STATUS=$?
	# A flip in a field that carries no content may pass, the bytes not.
	case $STATUS in
	3) grep -q "wal_005/$SEGMENT.zst" "$WORK/err" || bad="$bad $position:unnamed" ;;
	*) bad="$bad $position:$STATUS" ;;
	esac
	[ -z "$(ls -A "$PLACE/pg_wal")" ] || appeared=$((appeared + 1))
	position=$((position + 1))
done
is 'one bit flipped at any of 200 places is damage, and the object is named' "$bad" ''
is 'and no file ever appears' "$appeared" 0
no_standby
fails 255 'without standby.signal damage stops recovery' "$SEGMENT"
says 'and names the object' "$SEGMENT.zst"
WALNUT_FETCH_ERRORS=continue
export WALNUT_FETCH_ERRORS
fails 3 'unless WALNUT_FETCH_ERRORS=continue' "$SEGMENT"
WALNUT_FETCH_ERRORS=stop
standby
fails 255 'WALNUT_FETCH_ERRORS=stop stops a standby too' "$SEGMENT"
unset WALNUT_FETCH_ERRORS
cp "$WORK/good.zst" "$object"

history=$(store_wal 00000002.history)
cp "$history" "$WORK/history.zst"
length=$(stat -c %s "$history")
bad=
cut=0
while [ "$cut" -lt "$length" ]; do
	head -c "$cut" "$WORK/history.zst" >"$history"
	STATUS=0
	fetch 00000002.history 2>/dev/null || STATUS=$?
	[ "$STATUS" = 3 ] && [ -z "$(ls -A "$PLACE/pg_wal")" ] ||
		bad="$bad $cut:$STATUS"
	cut=$((cut + 1))
done
is "a history cut at any of its $length bytes is damage" "$bad" ''
cp "$WORK/history.zst" "$history"
bad=
cut=0
while [ "$cut" -lt $((length * 8)) ]; do
	cp "$WORK/history.zst" "$history"
	flip "$history" $((cut / 8)) $((cut % 8))
	STATUS=0
	fetch 00000002.history 2>/dev/null || STATUS=$?
	[ "$STATUS" = 3 ] && [ -z "$(ls -A "$PLACE/pg_wal")" ] ||
		cmp -s "$MAIN/00000002.history" "$TARGET" ||
		bad="$bad $cut:$STATUS"
	cut=$((cut + 3))
done
is 'no flipped bit ever changes a history' "$bad" ''
cp "$WORK/history.zst" "$history"
no_standby

# replaced DESC FILE: another content, rightly compressed, under the name.
replaced() {
	zstd -qf "$2" -o "$object"
	standby
	fails "$3" "$1 is never handed out" "$SEGMENT"
	says 'and the object is named' "wal_005/$SEGMENT.zst"
	no_standby
	fails 255 'and stops a recovery' "$SEGMENT"
}
head -c 524288 "$MAIN/$SEGMENT" >"$WORK/short"
replaced 'a shorter segment' "$WORK/short" 3
cat "$MAIN/$SEGMENT" "$WORK/short" >"$WORK/long"
replaced 'a longer segment' "$WORK/long" 3
replaced 'another segment' "$MAIN/$NEXT" 3
: >"$WORK/nothing"
replaced 'nothing, compressed,' "$WORK/nothing" 3
replaced "another cluster's segment" "$OTHER/$SEGMENT" 6
: >"$object"
standby
fails 3 'an empty object is damage' "$SEGMENT"
no_standby
fails 255 'and stops a recovery' "$SEGMENT"
cp "$WORK/good.zst" "$object"

# --- a store that cannot be asked ------------------------------------------------
# unasked DESC REGEX: 255, and 2 to 7 to a standby; never 1.
unasked() {
	for name in "$SEGMENT" "$ABSENT" 00000009.history; do
		no_standby
		fails 255 "$1: $name stops a recovery" "$name"
		says 'the message says why' "$2"
		standby
		run fetch "$name"
		ok 'a standby may ask again' test "$STATUS" -ge 2 -a "$STATUS" -le 7
		is 'nothing appears' "$(ls -A "$PLACE/pg_wal")" ''
	done
	no_standby
}
chmod 000 "$STORE/wal_005"
unasked 'an archive that cannot be entered' 'Permission denied'
chmod 750 "$STORE/wal_005"
chmod 000 "$STORE"
unasked 'a store that cannot be entered' 'Permission denied'
chmod 750 "$STORE"
mv "$STORE" "$STORE.away"
unasked 'a store that has gone' "file://$STORE"
mkdir "$STORE"
unasked 'an empty directory in its place' "file://$STORE"
rmdir "$STORE"
echo >"$STORE"
unasked 'a file in its place' "file://$STORE"
rm "$STORE"
mv "$STORE.away" "$STORE"
chmod 000 "$object"
standby
fails 4 'an object that cannot be read is a denial' "$SEGMENT"
no_standby
fails 255 'and stops a recovery' "$SEGMENT"
chmod 640 "$object"

# --- settings -----------------------------------------------------------------------
WALNUT_STOER=x
export WALNUT_STOER
fails 255 'an unknown setting stops a recovery' "$SEGMENT"
says 'and is named' WALNUT_STOER
standby
fails 2 'to a standby it is a mistake in the settings' "$SEGMENT"
unset WALNUT_STOER
kept=$WALNUT_STORE
unset WALNUT_STORE
fails 2 'so is no store' "$SEGMENT"
says 'and an example is shown' 'file:///'
no_standby
fails 255 'which stops a recovery' "$SEGMENT"
WALNUT_STORE=$kept
export WALNUT_STORE

# --- the local side --------------------------------------------------------------------
for name in "$SEGMENT" "$ABSENT"; do
	run wal-fetch "$name" "$PLACE/nowhere/RECOVERYXLOG"
	[ "$name" = "$ABSENT" ] ||
		is 'a path in a missing directory is not a no' "$STATUS" 255
	ok 'and nothing is made' test ! -e "$PLACE/nowhere"
done
chmod 500 "$PLACE/pg_wal"
fails 255 'nor is a directory that cannot be written' "$SEGMENT"
chmod 700 "$PLACE/pg_wal"
rm -f "$PLACE/global/pg_control"
ok 'outside of a data directory it works too' fetch "$SEGMENT"
zstd -qf "$OTHER/$SEGMENT" -o "$object"
fails 255 "and the store's identity is checked" "$SEGMENT"
cp "$WORK/good.zst" "$object"
cp "$(data main)/global/pg_control" "$PLACE/global"

if [ -n "${SMALL_FS:-}" ] && wait_until 60 mkdir "$SMALL_FS/lock"; then
	SMALL_LOCK=$SMALL_FS/lock
	mkdir "$SMALL_FS/place"
	for room in 0 300; do
		small_fill "$room"
		exits 255 "a disk with room for $room KiB under the path stops a recovery" \
			wal-fetch "$SEGMENT" "$SMALL_FS/place/RECOVERYXLOG"
		says 'the message says why' 'No space left on device'
		is 'and leaves nothing behind' "$(ls -A "$SMALL_FS/place")" ''
		small_empty
	done
	ok 'with room it is fetched' wal-fetch "$SEGMENT" "$SMALL_FS/place/RECOVERYXLOG"
	small_done
else
	diag 'no file system to fill: not tested'
fi

# --- time ---------------------------------------------------------------------------------
WALNUT_RETRY_FOR=20s
mv "$STORE" "$STORE.away"
fetch "$SEGMENT" 2>"$WORK/waiting" &
pid=$!
ok 'it waits for a store that cannot be reached' \
	wait_until 10 grep -q 'next attempt' "$WORK/waiting"
mv "$STORE.away" "$STORE"
STATUS=0
wait "$pid" || STATUS=$?
is 'one that comes back within the budget is a success' "$STATUS" 0
ok 'with the same bytes' cmp "$MAIN/$SEGMENT" "$TARGET"
rm -f "$TARGET"
mv "$STORE" "$STORE.away"
WALNUT_RETRY_FOR=1s
before=$(date +%s)
fails 255 'the budget ends' "$SEGMENT"
ok 'when it was set to' test $(($(date +%s) - before)) -le 3
mv "$STORE.away" "$STORE"

# --- killed ---------------------------------------------------------------------------------
if tracing; then
	appeared=0
	killed=0
	for call in write:1 write:2 write:5 fsync:1 rename:1; do
		(cd "$PLACE" && strace -qq -o /dev/null \
			-e "inject=${call%:*}:signal=KILL:when=${call#*:}" \
			wal-fetch "$SEGMENT" pg_wal/RECOVERYXLOG) 2>/dev/null ||
			killed=$((killed + 1))
		[ ! -e "$TARGET" ] || cmp -s "$MAIN/$SEGMENT" "$TARGET" ||
			appeared=$((appeared + 1))
		rm -f "$TARGET"
	done
	ok 'kill -9 happened' test "$killed" -ge 4
	is 'and left nothing under the path but the whole file' "$appeared" 0
	ok 'but drafts' sh -c 'ls -A "$1" | grep -q "^\.walnut\."' sh "$PLACE/pg_wal"
	ok 'the next call succeeds' fetch "$SEGMENT"
	is 'and has swept them' "$(ls -A "$PLACE/pg_wal")" RECOVERYXLOG
	for signal in TERM INT QUIT; do
		rm -f "$TARGET"
		(cd "$PLACE" && strace -qq -o /dev/null \
			-e "inject=write:signal=$signal:when=2" \
			wal-fetch "$SEGMENT" pg_wal/RECOVERYXLOG) 2>/dev/null
		is "SIG$signal leaves no draft" "$(ls -A "$PLACE/pg_wal" | grep walnut)" ''
	done
	rm -f "$TARGET"
	accepted=
	for call in fsync:EIO read,pread64:EIO write:ENOSPC rename:EIO; do
		rm -f "$TARGET"
		(cd "$PLACE" && WALNUT_RETRY_FOR=0s strace -qq -o /dev/null \
			-P "$object" -P "$TARGET" -P "$PLACE/pg_wal" -P pg_wal \
			-e "inject=${call%:*}:error=${call#*:}" \
			wal-fetch "$SEGMENT" pg_wal/RECOVERYXLOG) 2>"$WORK/err"
		case $? in
		255) ;;
		0) cmp -s "$MAIN/$SEGMENT" "$TARGET" || accepted="$accepted $call" ;;
		*) accepted="$accepted $call" ;;
		esac
	done
	is 'no failed call makes wrong bytes or a no' "$accepted" ''
fi
finish
