#!/bin/sh
# A backup that is ended at any moment is not listed, leaves the server as it
# was, and what is left of it can be told and removed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/base.sh"

cluster_new main -k
store_new store
cluster_start main
connect_to main
# The last full backup stays, and so does the WAL since.
ok 'there is a backup before' base-push --permanent "$(data main)"
complete=$(cat "$WORK/out")
ok 'and no garbage' backup-delete garbage --confirm
export WALNUT_PART_SIZE=2M

# unchanged DESC NAME: the store is as before, but for a later backup.
unchanged() {
	store_tree | grep -v -F "$2" >"$WORK/after"
	ok "$1" diff "$WORK/before" "$WORK/after"
}

# end_one SIGNAL: a backup, ended with it after a random time.
end_one() {
	store_tree >"$WORK/before"
	ls "$STORE/wal_005" >"$WORK/wal"
	pause=$((100 + $(below 18) * 100))
	WALNUT_RATE_LIMIT=9M background killed base-push "$(data main)"
	sleep "$((pause / 1000)).$((pause % 1000 / 100))"
	moment="SIG$1 after $pause ms"
	kill -s "$1" "$BACKGROUND"
	code=0
	wait "$BACKGROUND" 2>/dev/null || code=$?
	is "$moment: the backup is not listed" "$(listed)" "$complete"
	is "$moment: no name was printed" "$(cat "$WORK/killed.out")" ''
	ok "$moment: the server is out of backup mode" \
		wait_until 20 no_sessions main
	ok "$moment: there is no backup_label" \
		test ! -e "$(data main)/backup_label"
}

# again: the next backup works, with what the one before has left.
again() {
	ok "$moment: the next one works" base-push "$(data main)"
	next=$(cat "$WORK/out")
	complete="$complete
$next"
	is "$moment: and is listed" "$(listed)" "$complete"
}

for signal in KILL TERM KILL INT KILL TERM KILL INT KILL TERM; do
	end_one "$signal"
	if [ "$signal" = KILL ]; then
		again
		drafts | while IFS= read -r draft; do
			touch -d '2 hours ago' "$draft"
		done
		ok "$moment: backup-delete garbage runs" \
			backup-delete garbage --confirm
		unchanged "$moment: it has removed what was left, and nothing else" \
			"$next"
	else
		is "$moment: it was interrupted" "$code" 7
		unchanged "$moment: nothing of it is left" none
		is "$moment: not even a draft" "$(drafts)" ''
		again
	fi
	is "$moment: all WAL from before is still there" \
		"$(ls "$STORE/wal_005" | comm -13 - "$WORK/wal")" ''
done
WALNUT_RATE_LIMIT=1K background killed base-push "$(data main)"
wait_until 20 sh -c "ls '$STORE'/basebackups_005/*/in_progress.json"
kill "$BACKGROUND"
wait "$BACKGROUND" 2>/dev/null
ok 'ended before its first part, a backup leaves no directory in a file store' \
	sh -c "! find '$STORE/basebackups_005' -type d -empty | grep ."
ok 'the last backup is whole' base-fetch --verify-only LATEST
ok 'so is the first' base-fetch --verify-only "$(echo "$complete" | head -1)"

# --- at the last step ------------------------------------------------------

# The sentinel is the last object that gets its name from the main thread.
if ! strace -o /dev/null true 2>/dev/null; then
	finish
fi
unset WALNUT_PART_SIZE
export WALNUT_JOBS=2
ok 'a backup can be traced' \
	strace -f -e trace=link,linkat -o "$WORK/trace" base-push "$(data main)"
complete=$(listed)
main=$(head -1 "$WORK/trace" | cut -d' ' -f1)
steps=$(grep -c "^$main *link" "$WORK/trace")
ok 'its sentinel is put under its name last' sh -c \
	"grep '^$main *link' '$WORK/trace' | tail -1 | grep _backup_stop_sentinel"
store_tree >"$WORK/before"
run strace -f -e trace=link,linkat -o "$WORK/trace" \
	-e inject=link,linkat:signal=KILL:when="$steps" base-push "$(data main)"
main=$(head -1 "$WORK/trace" | cut -d' ' -f1)
moment='killed before its sentinel has its name'
ok "$moment: it was killed there" sh -c \
	"grep -F 'killed by SIGKILL' '$WORK/trace' &&
	grep '^$main *link' '$WORK/trace' | tail -1 | grep _backup_stop_sentinel"
ok "$moment: all of it is in the store but that" sh -c \
	"find '$STORE' -name '.walnut.*sentinel*' | grep . &&
	find '$STORE' -name in_progress.json | grep ."
is "$moment: the backup is not listed" "$(listed)" "$complete"
again
drafts | while IFS= read -r draft; do
	touch -d '2 hours ago' "$draft"
done
ok "$moment: backup-delete garbage runs" backup-delete garbage --confirm
unchanged "$moment: it has removed what was left, and nothing else" "$next"
finish
