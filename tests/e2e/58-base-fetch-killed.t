#!/bin/sh
# A restore that is ended at any moment leaves nothing that could start, and
# stands in the way of no later one.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/base.sh"

# slowly COMMAND...: with a few milliseconds on top of every file, since a whole
# restore takes hardly longer than a shell to look at it.
slowly() {
	exec strace -f -qq -o /dev/null -e trace=fchmod \
		-e inject=fchmod:delay_exit=3000 "$@"
}

cluster_new main -k
store_new store
cluster_start main
connect_to main
sql main 'create table t as select g from generate_series(1, 10000) g'
WALNUT_PART_SIZE=2M ok 'there is a backup' base-push "$(data main)"
cluster_stop main
CLUSTERS="$CLUSTERS broken last traced"
strace -o /dev/null true 2>/dev/null || skip_all 'strace does not work here'

for signal in KILL KILL TERM KILL KILL TERM KILL KILL INT KILL KILL KILL KILL; do
	pause=$((100 + $(below 15) * 100))
	moment="SIG$signal after $pause ms"
	rm -rf "$(data broken)"
	(slowly base-fetch "$(data broken)") >"$WORK/out" 2>"$WORK/err" &
	tracer=$!
	sleep "$((pause / 1000)).$((pause % 1000 / 100))"
	# The tracer waits for its only child.
	pid=$(cat "/proc/$tracer/task/$tracer/children")
	kill -s "$signal" $pid
	code=0
	wait "$tracer" 2>/dev/null || code=$?
	if [ "$signal" != KILL ]; then
		is "$moment: it says that it was interrupted" "$code" 7
		says "$moment: and by what" "error: .*(SIG$signal|signal)"
	fi
	ok "$moment: what is there cannot start" refuses_to_start broken
	diag "$moment: $(find "$(data broken)" -type f 2>/dev/null | wc -l) files"
done
if [ -d "$(data broken)/base" ]; then
	exits 6 'a restore into what was left is refused' base-fetch "$(data broken)"
fi
ok 'one into a new directory succeeds' base-fetch "$WORK/back/data"
cluster_own back
ok 'the server starts there' cluster_start back
ok 'and recovers' wait_until 30 recovered back
is 'with all data' "$(sql back 'select count(*) from t')" 10000
cluster_stop back immediate

# --- at the last step ------------------------------------------------------

# pg_control gets its name last of all.
calls=rename,renameat,renameat2
ok 'a restore can be traced' strace -f -qq -e trace=$calls -o "$WORK/trace" \
	base-fetch "$WORK/traced/data"
ok 'pg_control gets its name last' sh -c \
	"tail -1 '$WORK/trace' | grep '/global/pg_control\"'"
run strace -f -qq -e trace=$calls -o "$WORK/trace" \
	-e inject=$calls:signal=KILL:when="$(grep -c rename "$WORK/trace")" \
	base-fetch "$WORK/last/data"
ok 'killed before pg_control has its name' \
	grep -q 'rename.*/global/pg_control' "$WORK/trace"
ok 'one that was not killed can start' starts traced
cluster_stop traced immediate
ok 'all other files are there' test -f "$WORK/last/data/backup_label" \
	-a -f "$WORK/last/data/backup_manifest" -a -f "$WORK/last/data/PG_VERSION" \
	-a -f "$WORK/last/data/recovery.signal" -a -d "$WORK/last/data/base/1"
ok 'and still it cannot start' refuses_to_start last
finish
