#!/bin/sh
# A store that fails in the middle of a recovery never makes PostgreSQL open
# with data missing: it stops, or as a standby goes on asking, and reaches the
# target once the store is back.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/base.sh"

cluster_new main --wal-segsize=1
store_new store
cluster_start main
connect_to main
sql main 'create table t (n int)'
base-push "$(data main)" >"$WORK/name" 2>"$WORK/push.err" || exit 1
for _ in 1 2 3 4 5 6; do
	sql main 'insert into t select generate_series(1, 5000)'
	switch_wal main
done
target=$(sql main 'select pg_current_wal_lsn()')
sql main 'insert into t values (0)'
switch_wal main
cluster_stop main
WALNUT_RETRY_FOR=1s
export WALNUT_RETRY_FOR

# The command that breaks the store before the fourth segment is asked for, if
# the file "break" is there.
cat >"$WORK/fetch" <<EOF
#!/bin/sh
case \$1 in
*.history) exec wal-fetch "\$1" "\$2" ;;
esac
echo "\$1" >>'$WORK/asked'
if [ -e '$WORK/break' ] && [ "\$(wc -l <'$WORK/asked')" -ge 4 ]; then
	sh '$WORK/break' "\$1"
fi
exec wal-fetch "\$1" "\$2"
EOF
chmod +x "$WORK/fetch"

# restored NAME OPTIONS...: a new directory with that command.
restored() {
	restored=$1
	shift
	rm -f "$WORK/asked"
	base-fetch "$(data "$restored")" LATEST \
		--restore-command "$WORK/fetch %f %p" "$@" 2>"$WORK/fetch.err" ||
		sed 's/^/# /' "$WORK/fetch.err" >&2
	cluster_own "$restored"
	printf 'archive_mode = off\nhot_standby = on\n' |
		cluster_conf "$restored"
}

state() {
	pg_controldata "$(data "$1")" | sed -n 's/^Database cluster state: *//p'
}

timelines() { ls "$(data "$1")/pg_wal" | grep -c '^00000002'; }

# stops NAME: the server ends by itself instead of opening.
stops() {
	! cluster_start "$1" 2>/dev/null || wait_until 30 is_down "$1"
}

is_down() { ! [ -e "$(data "$1")/postmaster.pid" ]; }

# outage NAME BREAK REPAIR EXPECTED: recovery to the target with a store that
# BREAK breaks and REPAIR repairs; the log has EXPECTED.
outage() {
	what=$1
	echo "$2" >"$WORK/break"
	# shellcheck disable=SC2086 # words
	restored "$what" $goal
	ok "$what: the server stops by itself" stops "$what"
	cp "$(log_of "$what")" "$WORK/out"
	: >"$WORK/err"
	prints "$what: its log says why" "$4"
	prints "$what: and that this was the end" 'FATAL: .*could not restore file'
	is "$what: it has not opened" "$(state "$what")" 'in archive recovery'
	is "$what: nor begun a timeline" "$(timelines "$what")" 0
	eval "$3"
	rm "$WORK/break"
	ok "$what: with the store back, the same directory starts" \
		cluster_start "$what"
	ok "$what: and reaches its target" wait_until 30 recovered "$what"
	is "$what: with every row" "$(sql "$what" 'select count(*) from t')" "$rows"
	cluster_stop "$what"
}

goal="--target-lsn $target --target-action promote"
rows=30000
outage unreadable "chmod 000 '$STORE/wal_005'" "chmod 755 '$STORE/wal_005'" \
	'wal-fetch: error: .*wal_005.*Permission denied'
outage unmounted "mv '$STORE' '$STORE.away'" "mv '$STORE.away' '$STORE'" \
	"wal-fetch: error: .*the store's directory does not exist"
outage emptied "mv '$STORE' '$STORE.away'; mkdir '$STORE'" \
	"rmdir '$STORE'; mv '$STORE.away' '$STORE'" \
	'wal-fetch: error: .*nothing lies in the store'

cat >"$WORK/damage" <<EOF
cp '$STORE'/wal_005/\$1.zst '$WORK/whole'
printf 'XX' | dd of='$STORE'/wal_005/\$1.zst bs=1 seek=3000 conv=notrunc 2>/dev/null
echo '$STORE'/wal_005/\$1.zst >'$WORK/victim'
mv '$WORK/break' '$WORK/broken'
EOF
cat >"$WORK/repair" <<EOF
cp '$WORK/whole' "\$(cat '$WORK/victim')"
mv '$WORK/broken' '$WORK/break'
EOF
# Without a target, a server told "not in the archive" would open right there.
goal=
rows=30001
outage endless "mv '$STORE' '$STORE.away'" "mv '$STORE.away' '$STORE'" \
	"wal-fetch: error: .*the store's directory does not exist"
outage damaged "sh '$WORK/damage' \"\$1\"" "sh '$WORK/repair'" \
	'wal-fetch: error: .*wal_005/[0-9A-F]{24}.zst'

# --- a standby -------------------------------------------------------------

has_rows() { [ "$(sql "$1" 'select count(*) from t')" = "$2" ]; }
echo "chmod 000 '$STORE/wal_005'" >"$WORK/break"
restored standby --standby
cluster_conf standby <<-EOF
wal_retrieve_retry_interval = 200ms
EOF
ok 'a standby starts although the store fails' cluster_start standby
asked_again() { [ "$(wc -l <"$WORK/asked")" -ge 8 ]; }
ok 'it goes on asking' wait_until 60 asked_again
is 'stays a standby' "$(sql standby 'select pg_is_in_recovery()')" t
chmod 755 "$STORE/wal_005"
rm "$WORK/break"
ok 'and catches up once the store is back' wait_until 60 has_rows standby 30001
is 'as a standby' "$(sql standby 'select pg_is_in_recovery()')" t
finish
