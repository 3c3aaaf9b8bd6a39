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
SMALL_LOCK=

cleanup() {
	for cluster in $CLUSTERS; do
		cluster_kill "$cluster"
	done
	small_done
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

# --- what the tests of single programs share -------------------------------

# tree DIR: everything in it with type, mode, size and checksum: two trees are
# equal if and only if nothing was touched.
tree() {
	find "$1" -printf '%P %y %m %s\n' | sort
	find "$1" -type f -exec cksum {} + | sort -k 3
}

# in_data NAME COMMAND...: in the cluster's data directory, as the server does.
in_data() (
	cd "$(data "$1")" || exit 126
	shift
	"$@"
)

# patch FILE OFFSET HEX...: overwrite bytes in place.
patch() {
	patched=$1
	offset=$2
	shift 2
	for byte in "$@"; do
		# shellcheck disable=SC2059 # the format is the byte
		printf "\\$(printf %03o "0x$byte")"
	done | dd of="$patched" bs=1 seek="$offset" conv=notrunc 2>/dev/null
}

# flip FILE OFFSET BIT: turn one bit over.
flip() {
	byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	patch "$1" "$2" "$(printf %02x $((byte ^ (1 << $3))))"
}

# stored FILE OBJECT: the object's content is the file's.
stored() { zstd -dcq "$2" 2>/dev/null | cmp -s - "$1"; }

# drafts: unfinished files left anywhere in the store.
drafts() { find "$STORE" -name '.walnut.*'; }

# wal_names NAME: the complete segments of the cluster, oldest first; the server
# is stopped and has recycled nothing.
wal_names() {
	ls "$(data "$1")/pg_wal" | grep -E '^[0-9A-F]{24}$'
}

# tracing: whether system calls can be tampered with here.
tracing() { strace -o /dev/null true 2>/dev/null; }

# small_store NAME: as store_new, on a file system that is quickly full, for one
# test at a time; fails without one. To be followed by small_done.
small_store() {
	[ -n "${SMALL_FS:-}" ] && wait_until 60 mkdir "$SMALL_FS/lock" ||
		return 1
	SMALL_LOCK=$SMALL_FS/lock
	store_new "$1"
	rmdir "$STORE"
	STORE=$SMALL_FS/$1
	mkdir "$STORE"
	WALNUT_STORE=file://$STORE
}

# small_fill KIBIBYTES: leave no more room than that.
small_fill() {
	dd if=/dev/zero of="$SMALL_FS/reserve" bs=1024 count="$1" 2>/dev/null
	dd if=/dev/zero of="$SMALL_FS/filler" bs=64k 2>/dev/null
	dd if=/dev/zero of="$SMALL_FS/crumbs" bs=512 2>/dev/null
	rm -f "$SMALL_FS/reserve"
}

small_empty() { rm -f "$SMALL_FS/filler" "$SMALL_FS/crumbs"; }

small_done() {
	[ -n "${SMALL_LOCK:-}" ] || return 0
	small_empty
	for entry in "$SMALL_FS"/*; do
		[ "$entry" = "$SMALL_LOCK" ] || rm -rf "$entry"
	done
	rmdir "$SMALL_LOCK"
	SMALL_LOCK=
}
