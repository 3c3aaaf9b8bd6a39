# lib.sh: TAP, throwaway clusters and stores for the end-to-end tests; to be
# sourced. Everything lives below $WORK and ends with the script.
#
#   ok DESC COMMAND...          passes when the command succeeds
#   exits CODE DESC COMMAND...  passes when it exits with CODE
#   says DESC REGEX             the last command's stderr matches (grep -E)
#   prints DESC REGEX           its stdout does
#   is DESC GOT WANTED          two texts are equal
# The last command's output is in $WORK/out and $WORK/err.

set -u
umask 022

PGBIN=${PGBIN:-$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)}
PATH=$PGBIN:$PATH
export PATH

WORK=$(mktemp -d "${TMPDIR:-/tmp}/t.XXXXXX")
CLUSTERS=
TESTS=0
FAILED=0

cleanup() {
	for cluster in $CLUSTERS; do
		cluster_kill "$cluster"
	done
	chmod -R u+rwX "$WORK" 2>/dev/null
	rm -rf "$WORK"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

# --- TAP -------------------------------------------------------------------

result() { # STATUS DESC
	TESTS=$((TESTS + 1))
	if [ "$1" = 0 ]; then
		echo "ok $TESTS - $2"
		return 0
	fi
	echo "not ok $TESTS - $2"
	diag "not ok $TESTS - $2"
	FAILED=$((FAILED + 1))
	return 1
}

show_output() {
	for stream in out err; do
		[ -s "$WORK/$stream" ] || continue
		diag "--- $stream:"
		tail -30 "$WORK/$stream" | sed 's/^/# /' >&2
	done
}

run() { # COMMAND...: sets STATUS
	STATUS=0
	"$@" >"$WORK/out" 2>"$WORK/err" || STATUS=$?
}

exits() { # CODE DESC COMMAND...
	wanted=$1
	description=$2
	shift 2
	run "$@"
	if [ "$STATUS" = "$wanted" ]; then
		result 0 "$description"
	else
		result 1 "$description" || :
		diag "exit code $STATUS, wanted $wanted: $*"
		show_output
	fi
}

ok() { # DESC COMMAND...
	description=$1
	shift
	exits 0 "$description" "$@"
}

matches() { # FILE DESC REGEX
	if grep -Eq -e "$3" "$WORK/$1"; then
		result 0 "$2"
	else
		result 1 "$2" || :
		diag "no match for: $3"
		show_output
	fi
}

says() { matches err "$@"; }
prints() { matches out "$@"; }

is() { # DESC GOT WANTED
	if [ "$2" = "$3" ]; then
		result 0 "$1"
	else
		result 1 "$1" || :
		diag "got:    $2"
		diag "wanted: $3"
	fi
}

skip_all() { # REASON
	echo "1..0 # SKIP $1"
	exit 0
}

diag() { echo "# $*" >&2; }

# log_tail NAME: the end of a server's log, for what went wrong there.
log_tail() { tail -20 "$(log_of "$1")" | sed 's/^/# /' >&2; }

finish() {
	echo "1..$TESTS"
	[ "$FAILED" = 0 ]
	exit
}

# --- stores ----------------------------------------------------------------

# store_new NAME: a new, empty store, and WALNUT_STORE set to it.
store_new() {
	STORE=$WORK/$1
	mkdir -p "$STORE"
	WALNUT_STORE=file://$STORE
	WALNUT_RETRY_FOR=${WALNUT_RETRY_FOR:-5s}
	export WALNUT_STORE WALNUT_RETRY_FOR
}

# store_wal NAME: the path of the object that holds a WAL file.
store_wal() { ls "$STORE/wal_005/$1"* 2>/dev/null | head -1; }

# --- clusters --------------------------------------------------------------

data() { echo "$WORK/$1/data"; }
log_of() { echo "$WORK/$1/log"; }

# cluster_conf NAME: settings from standard input, added to postgresql.conf.
cluster_conf() { cat >>"$(data "$1")/postgresql.conf"; }

# cluster_new NAME [INITDB OPTIONS...]: initialised, not started.
cluster_new() {
	name=$1
	shift
	mkdir -p "$WORK/$name/socket"
	initdb -D "$(data "$name")" -U postgres -A trust -N --locale=C \
		-E UTF8 "$@" >"$WORK/$name/initdb" 2>&1 ||
		{ cat "$WORK/$name/initdb"; exit 1; }
	cluster_conf "$name" <<-EOF
	archive_mode = on
	archive_command = 'wal-push %p'
	fsync = off
	max_wal_senders = 4
	shared_buffers = 32MB
	EOF
	cluster_own "$name"
}

# cluster_own NAME: socket and port of its own, for restored directories too.
cluster_own() {
	mkdir -p "$WORK/$1/socket"
	cluster_conf "$1" <<-EOF
	listen_addresses = ''
	unix_socket_directories = '$WORK/$1/socket'
	logging_collector = off
	EOF
	case " $CLUSTERS " in
	*" $1 "*) ;;
	*) CLUSTERS="$CLUSTERS $1" ;;
	esac
}

# cluster_start NAME: wait until it answers, also while it recovers.
cluster_start() {
	pg_ctl -D "$(data "$1")" -l "$(log_of "$1")" -w -t 60 start \
		>"$WORK/$1/pg_ctl" 2>&1 || { log_tail "$1"; return 1; }
}

cluster_stop() { # NAME [MODE]
	pg_ctl -D "$(data "$1")" -m "${2:-fast}" -w -t 60 stop \
		>"$WORK/$1/pg_ctl" 2>&1
}

# cluster_kill NAME: by pid, whatever state it is in.
cluster_kill() {
	pidfile=$(data "$1")/postmaster.pid
	[ -f "$pidfile" ] || return 0
	pid=$(head -1 "$pidfile")
	kill -QUIT "$pid" 2>/dev/null || return 0
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		kill -0 "$pid" 2>/dev/null || return 0
		sleep 0.2
	done
	kill -KILL "$pid" 2>/dev/null
}

# connect_to NAME: PG* variables for libpq.
connect_to() {
	PGHOST=$WORK/$1/socket
	PGUSER=postgres
	PGDATABASE=postgres
	PGDATA=$(data "$1")
	export PGHOST PGUSER PGDATABASE PGDATA
}

sql() { # NAME STATEMENT...: bare values on stdout
	cluster=$1
	shift
	for statement in "$@"; do
		psql -h "$WORK/$cluster/socket" -U postgres -d postgres \
			-XAtq -v ON_ERROR_STOP=1 -c "$statement" || return
	done
}

# dump NAME [PG_DUMP OPTIONS...]: all logged data as text, the same for the same
# content.
dump() {
	cluster=$1
	shift
	pg_dump -h "$WORK/$cluster/socket" -U postgres "$@" postgres |
		grep -Ev '^.(un)?restrict '
}

# wait_until SECONDS COMMAND...: until it succeeds.
wait_until() {
	tries=$(($1 * 10))
	shift
	while [ "$tries" -gt 0 ]; do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
		tries=$((tries - 1))
	done
	return 1
}

is_archived() { # NAME WALFILE
	[ -f "$(data "$1")/pg_wal/archive_status/$2.done" ] ||
		[ -n "$(store_wal "$2")" ]
}

# switch_wal NAME: finish the segment in use and wait until it is archived;
# sets SEGMENT to its name.
switch_wal() {
	SEGMENT=$(sql "$1" 'select pg_walfile_name(pg_switch_wal())')
	wait_until 30 is_archived "$1" "$SEGMENT"
}

# recovered NAME: recovery has ended and the server takes writes.
recovered() { [ "$(sql "$1" 'select pg_is_in_recovery()')" = f ]; }
