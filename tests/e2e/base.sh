# base.sh: what the tests of backups and restores share; to be sourced after
# lib.sh.

# tree_of DIR: every entry below it with its content, for comparison.
tree_of() {
	(
		cd "$1" || exit
		find . -type f -exec sha256sum {} +
		find . ! -type f -printf '%y  %p %l\n'
	) | sort -k 2
}

# store_tree: all objects in the store but WAL, which the server goes on
# archiving at any time.
store_tree() { tree_of "$STORE" | grep -v -e ' \./wal_005' -e '^d'; }

# drafts: the names of what unfinished puts have left in the store.
drafts() { find "$STORE" -name '.walnut.*' -type f; }

# listed: the names of the backups, one a line.
listed() { backup-list --json 2>/dev/null | jq -r '.[].backup_name'; }

# cluster_shrink NAME: leave one database of three, where many restores are to be
# quick; sql has nowhere to connect to afterwards.
cluster_shrink() {
	psql -h "$WORK/$1/socket" -U postgres -d template1 -Xq \
		-c "update pg_database set datistemplate = false" \
		-c 'drop database template0' -c 'drop database postgres'
	PGDATABASE=template1
}

# below N: a random number from 0 to N - 1.
below() { echo $(($(od -An -N 4 -t u4 /dev/urandom) % $1)); }

size_of() { stat -c %s "$1"; }

# flip FILE OFFSET [BIT]: one bit of it; again to undo.
flip() {
	byte=$(od -An -N 1 -t u1 -j "$2" "$1" | tr -d ' ')
	printf '%b' "\\0$(printf %o $((byte ^ (1 << ${3:-0}))))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# background NAME COMMAND...: run it beside the test; sets BACKGROUND to its
# process id. Its output goes to $WORK/NAME.out and $WORK/NAME.err.
background() {
	label=$1
	shift
	rm -f "$WORK/$label.err"
	"$@" >"$WORK/$label.out" 2>"$WORK/$label.err" &
	BACKGROUND=$!
}

# is_alive PID: a process of ours that has not ended; waited for or not.
is_alive() {
	case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
	'' | Z*) return 1 ;;
	esac
}

# begun NAME: the backup in the background has got its name, and its marker.
begun() { grep -q ' starts at ' "$WORK/$1.err"; }

# no_sessions NAME: no base-push is connected to the server.
no_sessions() {
	[ "$(sql "$1" "select count(*) from pg_stat_activity
		where application_name = 'base-push'")" = 0 ]
}

# starts NAME: a server starts in its directory, whatever is set there.
starts() {
	pg_ctl -D "$(data "$1")" -l "$WORK/$1.log" -w -t 10 \
		-o "-k '$WORK' -c listen_addresses=''" start >/dev/null 2>&1
}
refuses_to_start() { ! starts "$1"; }
