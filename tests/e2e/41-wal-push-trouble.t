#!/bin/sh
# Whatever goes wrong under wal-push: it says no, by an exit code that PostgreSQL
# survives, leaves nothing half done, and succeeds once the trouble is over.
. "$(dirname "$0")/lib.sh"

cluster_new main --wal-segsize=1
cluster_conf main <<-CONF
archive_command = ''
autovacuum = off
CONF
cluster_start main
sql main 'create table t as select g, md5(g::text) from generate_series(1, 20000) g' \
	'select pg_switch_wal()' >/dev/null
cluster_stop main
MAIN=$(data main)/pg_wal
SEGMENT=$(wal_names main | sed -n 2p)
NEXT=$(wal_names main | sed -n 1p)
WALNUT_RETRY_FOR=300ms

# archived: what every trouble has to end with.
archived() {
	wal-push "$MAIN/$SEGMENT" &&
		[ "$(ls "$STORE/wal_005")" = "$SEGMENT.zst" ] &&
		stored "$MAIN/$SEGMENT" "$(store_wal "$SEGMENT")"
}

# --- a store that cannot be written --------------------------------------------
store_new readonly
wal-push "$MAIN/$NEXT"
chmod -R a-w "$STORE"
before=$(tree "$STORE")
exits 4 'a read-only store is a denial' sh -c 'wal-push "$1"' sh "$MAIN/$SEGMENT"
says 'the message names the object and the reason' \
	"file://$STORE/wal_005/$SEGMENT.zst: .*Permission denied"
is 'nothing has changed' "$(tree "$STORE")" "$before"
exits 0 'what is in it already is still a success' wal-push "$MAIN/$NEXT"
chmod -R u+w "$STORE"
exits 0 'once it can be written, the segment is archived' wal-push "$MAIN/$SEGMENT"

store_new closed
wal-push "$MAIN/$NEXT"
chmod 000 "$STORE/wal_005"
exits 4 'an archive that cannot be entered is a denial' wal-push "$MAIN/$SEGMENT"
says 'which the message tells' "wal_005.*Permission denied"
chmod 750 "$STORE/wal_005"
is 'and leaves no draft' "$(drafts)" ''

if small_store full; then
	wal-push "$MAIN/$NEXT"
	for room in 0 40 120; do
		small_fill "$room"
		before=$(tree "$STORE")
		exits 7 "a store with room for $room KiB is a failure of the system" \
			sh -c 'wal-push "$1"' sh "$MAIN/$SEGMENT"
		says 'the message names the object and the reason' \
			"file://$STORE/wal_005/$SEGMENT.zst: .*No space left on device"
		is 'nothing is left behind' "$(tree "$STORE")" "$before"
		small_empty
	done
	exits 0 'with room again, the segment is archived' wal-push "$MAIN/$SEGMENT"
	ok 'with its content' stored "$MAIN/$SEGMENT" "$(store_wal "$SEGMENT")"
	small_done
else
	diag 'no file system to fill: not tested'
fi

store_new limited
mkdir "$STORE/wal_005" # so that only the file itself is too large
exits 7 'a limit on the size of files is a failure of the system' \
	sh -c 'ulimit -f 40; wal-push "$1"' sh "$MAIN/$SEGMENT"
says 'which the message tells' "$SEGMENT.zst: .*File too large"
is 'and leaves no draft' "$(drafts)" ''
ok 'without it the segment is archived' archived

# --- a store that has gone -------------------------------------------------------
store_new gone
in_data main wal-push "pg_wal/$NEXT"
mv "$STORE" "$STORE.away"
exits 5 'a store whose directory has gone cannot be reached' \
	in_data main wal-push "pg_wal/$SEGMENT"
says 'the hint asks whether it is mounted' 'hint: .*mounted'
ok 'the directory is not made' test ! -e "$STORE"
mkdir "$STORE"
exits 5 'an empty directory in its place is no store' \
	in_data main wal-push "pg_wal/$SEGMENT"
says 'the hint asks whether it is mounted' 'hint: .*mounted'
is 'and stays empty' "$(ls -A "$STORE")" ''
exits 5 'what has been archived there before cannot be confirmed' \
	in_data main wal-push "pg_wal/$NEXT"
rmdir "$STORE"
mv "$STORE.away" "$STORE"
exits 0 'once it is back, the segment is archived' \
	in_data main wal-push "pg_wal/$SEGMENT"
exits 5 'nothing is made above the store' \
	env "WALNUT_STORE=file://$WORK/nowhere/store" wal-push "$MAIN/$SEGMENT"
ok 'not even the directory' test ! -e "$WORK/nowhere"

# --- signals ---------------------------------------------------------------------
WALNUT_STORE=file://$WORK/nowhere/store WALNUT_RETRY_FOR=60s \
	wal-push "$MAIN/$SEGMENT" 2>"$WORK/err" &
pid=$!
wait_until 10 grep -q 'next attempt' "$WORK/err"
kill -TERM "$pid"
start=$(date +%s)
STATUS=0
wait "$pid" || STATUS=$?
ok 'a push told to stop while it waits for its store ends by an exit code' \
	test "$STATUS" -ge 1 -a "$STATUS" -le 125
ok 'and at once' test $(($(date +%s) - start)) -le 3

if tracing; then
	# The state of the store a first push finds is the one with most to do.
	for signal in TERM INT QUIT HUP PIPE XFSZ; do
		died=0
		left=0
		unfinished=0
		for call in mkdir:1 write:1 write:5 fsync:1 fsync:4 link:1 link:2 unlink:1; do
			store_new "signal-$signal-$call"
			STATUS=0
			strace -qq -o /dev/null -e "inject=${call%:*}:signal=$signal:when=${call#*:}" \
				wal-push "$MAIN/$SEGMENT" 2>"$WORK/err" || STATUS=$?
			[ "$STATUS" -le 125 ] || died=$((died + 1))
			[ "$STATUS" = 0 ] && { archived || unfinished=$((unfinished + 1)); }
			[ -z "$(drafts)" ] || left=$((left + 1))
			archived || unfinished=$((unfinished + 1))
		done
		is "SIG$signal at any moment: it never dies of it" "$died" 0
		is "SIG$signal: no draft is left" "$left" 0
		is "SIG$signal: and the next push archives the segment" "$unfinished" 0
	done

	# --- killed, and called again ------------------------------------------------
	for call in openat mkdir write fsync link unlink; do
		when=1
		wrong=0
		killed=0
		while [ "$when" -le 40 ]; do
			store_new "kill-$call-$when"
			if strace -qq -o /dev/null \
				-e "inject=$call:signal=KILL:when=$when" \
				wal-push "$MAIN/$SEGMENT" 2>/dev/null; then
				break
			fi
			killed=$((killed + 1))
			archived || wrong=$((wrong + 1))
			when=$((when + 1))
		done
		ok "kill -9 at $call: happened, at each call one after the other" \
			test "$killed" -gt 0 -a "$when" -le 40
		is "kill -9 at $call: the next push archives the segment" "$wrong" 0
	done

	# --- killed after the object has its name -----------------------------------
	# Nobody has flushed its directory yet, so it may be gone after a crash of
	# the machine: the next push must not take it for durable as it is.
	store_new unflushed
	WALNUT_STATE_DIR=/dev/null/none strace -qq -o /dev/null \
		-e inject=unlink:signal=KILL:when=2 wal-push "$MAIN/$SEGMENT" \
		2>/dev/null
	ok 'killed after it has its name: the object is there' \
		test -f "$STORE/wal_005/$SEGMENT.zst"
	ok 'the next push succeeds' strace -qq -y -e trace=fsync \
		-o "$WORK/fsyncs" wal-push "$MAIN/$SEGMENT"
	ok 'and has flushed the directory' \
		grep "fsync(.*<$STORE/wal_005>).*= 0" "$WORK/fsyncs"

	# --- a disk that fails -------------------------------------------------------
	# Without a state directory: what cannot be remembered is no failure.
	export WALNUT_STATE_DIR=/dev/null/none
	store_new count
	strace -qq -e trace=fsync -o "$WORK/fsyncs" wal-push "$MAIN/$SEGMENT"
	count=$(grep -c fsync "$WORK/fsyncs")
	ok 'a push flushes files and directories' test "$count" -ge 4
	# Retries are switched off where a call fails once only: a second attempt
	# that goes well is a success.
	# failing CALL:ERROR:WHEN RETRY_FOR: a push into a new store with it.
	failing() {
		store_new "failing-$1-$2"
		WALNUT_RETRY_FOR=$2 strace -qq -o /dev/null \
			-e "inject=${1%%:*}:error=${1#*:}" \
			wal-push "$MAIN/$SEGMENT" 2>"$WORK/err" &&
			accepted="$accepted $1"
		[ -z "$(drafts)" ] && archived || wrong="$wrong $1"
	}
	accepted=
	wrong=
	when=1
	while [ "$when" -le "$count" ]; do
		failing "fsync:EIO:when=$when" 0s
		failing "fsync:EIO:when=$when+" 300ms
		failing "fsync:ENOSPC:when=$when+" 300ms
		when=$((when + 1))
	done
	is 'no flush that fails passes for success' "$accepted" ''
	is 'no draft is left, and the next push succeeds' "$wrong" ''
	accepted=
	wrong=
	for call in write:EIO:when=1 write:EIO:when=2 write:ENOSPC:when=2 \
		link:EIO:when=1 link:EIO:when=2 link:EACCES:when=2; do
		failing "$call" 0s
	done
	is 'no write or link that fails passes for success' "$accepted" ''
	is 'no draft is left, and the next push succeeds' "$wrong" ''
	store_new unreadable
	STATUS=0
	strace -qq -o /dev/null -P "$MAIN/$SEGMENT" \
		-e inject=read,pread64:error=EIO:when=3+ \
		wal-push "$MAIN/$SEGMENT" 2>"$WORK/err" || STATUS=$?
	says 'the message says why' "$SEGMENT.*Input/output error"
	ok 'a segment that cannot be read is not archived' \
		test "$STATUS" -ge 2 -a "$STATUS" -le 125
	is 'and nothing of it is in the store' "$(find "$STORE" -name "*$SEGMENT*")" ''

	unset WALNUT_STATE_DIR

	# --- interrupted calls ---------------------------------------------------------
	for call in write read,pread64 fsync; do
		store_new "interrupted-$call"
		ok "$call calls that are interrupted are made again" \
			strace -qq -o /dev/null \
			-e "inject=$call:error=EINTR:when=1+2" \
			-P "$STORE" -P "$STORE/wal_005" -P "$MAIN/$SEGMENT" \
			wal-push "$MAIN/$SEGMENT"
		ok 'and the content is right' stored "$MAIN/$SEGMENT" "$(store_wal "$SEGMENT")"
	done
else
	diag 'system calls cannot be traced: not tested'
fi

wrong=0
round=0
cut=0
while [ "$round" -lt 20 ]; do
	store_new "random$round"
	timeout -s KILL "0.00$((round % 10))$((round * 7 % 10))" \
		wal-push "$MAIN/$SEGMENT" 2>/dev/null || cut=$((cut + 1))
	archived || wrong=$((wrong + 1))
	round=$((round + 1))
done 2>/dev/null
diag "$cut of 20 pushes were killed"
is 'killed at any time, a push can be made again' "$wrong" 0

# --- little memory -----------------------------------------------------------------
least=2000
until sh -c "ulimit -v $least; wal-push --version" >/dev/null 2>&1; do
	least=$((least + 500))
done
died=
wrong=0
for more in 0 200 400 600 800 1000 1500 2000 3000 4000 6000 8000 16000; do
	store_new "memory$more"
	STATUS=0
	sh -c "ulimit -v $((least + more)); exec wal-push \"\$1\"" sh \
		"$MAIN/$SEGMENT" 2>"$WORK/err" || STATUS=$?
	[ "$STATUS" -le 125 ] || died="$died $((least + more))K:$STATUS"
	[ -z "$(drafts)" ] && archived || wrong=$((wrong + 1))
done
is 'with little memory it never dies' "$died" ''
is 'it leaves no draft, and with more it succeeds' "$wrong" 0

# --- short writes ----------------------------------------------------------------
cat >"$WORK/short.c" <<'C'
#include <dlfcn.h>
#include <unistd.h>
ssize_t write(int fd, const void *data, size_t len)
{
	ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
	return real(fd, data, len > 100 ? len / 3 : len);
}
C
if cc -shared -fPIC -D_GNU_SOURCE -o "$WORK/short.so" "$WORK/short.c" 2>/dev/null; then
	store_new short
	ok 'short writes are gone on with' \
		env "LD_PRELOAD=$WORK/short.so" wal-push "$MAIN/$SEGMENT"
	ok 'and the content is right' stored "$MAIN/$SEGMENT" "$(store_wal "$SEGMENT")"
else
	diag 'no compiler: short writes not tested'
fi

# --- the server's view ---------------------------------------------------------------
store_new served
echo "archive_command = 'wal-push %p'" | cluster_conf main
cluster_start main
failures() { sql main 'select failed_count from pg_stat_archiver'; }
failed_more() { [ "$(failures)" -gt "$1" ]; }
switch_wal main
chmod -R a-w "$STORE"
before=$(failures)
sql main 'create table more (a int)'
segment=$(sql main 'select pg_walfile_name(pg_switch_wal())')
ok 'PostgreSQL counts the failures on a read-only store' \
	wait_until 20 failed_more "$before"
ok 'and logs the exit code' grep -q 'failed with exit code 4' "$(log_of main)"
is 'its archiver survives' \
	"$(grep -c 'archiver process.*exited\|was terminated by signal' "$(log_of main)")" 0
chmod -R u+w "$STORE"
# A switch wakes the archiver up, which otherwise looks once a minute.
sql main 'create table still_more (a int)' 'select pg_switch_wal()' >/dev/null
ok 'once the store is repaired, archiving goes on by itself' \
	wait_until 30 is_archived main "$segment"
ok 'with the right content' stored "$(data main)/pg_wal/$segment" \
	"$(store_wal "$segment")"
finish
