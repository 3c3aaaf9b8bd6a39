# measure.sh: all measurements, one function each, and the table.
set -u

# shellcheck source=tests/bench/cluster.sh
. "$WORK/cluster.sh"
PGBACKREST=$(command -v pgbackrest)
RESULTS=$WORK/results
: >"$RESULTS"
trap cluster_end EXIT
trap 'exit 1' INT TERM HUP

# measure GROUP SUBJECT COMMAND...: one line of results: seconds of wall and of
# processor time, and the KiB of the largest process. What was written before
# is on disk by then. Round 0 warms up and does not count.
measure() {
	group=$1
	subject=$2
	shift 2
	sync -f "$WORK"
	rm -f "$WORK/time"
	stopwatch "$WORK/time" "$@" >"$WORK/out" 2>"$WORK/err" ||
		die "$group: $subject: $(tail -3 "$WORK/err")"
	[ "$round" -eq 0 ] || awk -v group="$group" -v subject="$subject" \
		-v round="$round" -v OFS='\t' \
		'{ print group, subject, round, $1, $2, $3 }' \
		"$WORK/time" >>"$RESULTS"
}

# rounds LAST MEASURE...: in turn, so that all see the same hour. Those of
# pgBackRest are left out where it is not installed.
rounds() {
	last=$1
	shift
	round=0
	while [ "$round" -le "$last" ]; do
		for one in "$@"; do
			case $one in
			*_pgbackrest*) [ -n "$PGBACKREST" ] || continue ;;
			esac
			"$one"
		done
		round=$((round + 1))
	done
}

same_segment() {
	cmp -s "$1" "$DATA/pg_wal/$SEGMENT" || die "$1: not the segment"
}

# --- wal-push: one segment, durable at the end -----------------------------

push_walnut() {
	rm -f "$STORE/wal_005/$SEGMENT".*
	measure wal-push walnut wal-push "$DATA/pg_wal/$SEGMENT"
	[ -f "$STORE/wal_005/$SEGMENT.zst" ] || die 'wal-push: nothing pushed'
}

push_zstd() { # LEVEL
	rm -f "$WORK/segment.zst"
	measure wal-push "zstd -$1; sync" sh -c 'zstd -q "$0" -o "$2" "$1" &&
		sync "$2"' "-$1" "$DATA/pg_wal/$SEGMENT" "$WORK/segment.zst"
}
push_zstd_1() { push_zstd 1; }
push_zstd_3() { push_zstd 3; }

push_true() { measure wal-push /bin/true /bin/true; }

push_pgbackrest() {
	rm -f "$REPO"/archive/bench/*/*/"$SEGMENT"*
	measure wal-push 'pgbackrest zst 3' \
		pgbackrest archive-push "$DATA/pg_wal/$SEGMENT"
}

# --- wal-fetch: the same segment back --------------------------------------

fetch_walnut() {
	rm -f "$WORK/fetched"
	measure wal-fetch walnut wal-fetch "$SEGMENT" "$WORK/fetched"
	same_segment "$WORK/fetched"
}

fetch_zstd() {
	rm -f "$WORK/fetched"
	measure wal-fetch 'zstd -dc' sh -c 'zstd -q -dc "$0" >"$1"' \
		"$STORE/wal_005/$SEGMENT.zst" "$WORK/fetched"
	same_segment "$WORK/fetched"
}

fetch_pgbackrest() {
	rm -f "$WORK/fetched"
	measure wal-fetch pgbackrest \
		pgbackrest archive-get "$SEGMENT" "$WORK/fetched"
	same_segment "$WORK/fetched"
}

# --- base-push: a full backup ----------------------------------------------

backup_walnut() {
	archive_to walnut
	rm -rf "$STORE/basebackups_005"
	measure base-push walnut base-push "$DATA"
}

backup_tar() {
	rm -f "$WORK/base.tar.zst"
	measure base-push 'tar | zstd -1 -T2' sh -c 'tar -C "$0" \
		--exclude=./pg_wal -cf - . | zstd -q -1 -T2 -o "$1"' \
		"$DATA" "$WORK/base.tar.zst"
}

backup_basebackup() {
	archive_to nothing
	rm -rf "$WORK/basebackup"
	measure base-push 'pg_basebackup zstd 1' pg_basebackup -Ft -X none -c \
		fast --compress=client-zstd:1 -D "$WORK/basebackup"
}

backup_pgbackrest_zst() {
	archive_to pgbackrest
	measure base-push 'pgbackrest zst 3' \
		pgbackrest backup --type=full --no-expire-auto
	SET=$(readlink "$REPO/backup/bench/latest")
}

backup_pgbackrest_default() {
	archive_to pgbackrest
	measure base-push 'pgbackrest gz 6' pgbackrest backup --type=full \
		--no-expire-auto --compress-type=gz --compress-level=6
}

# --- base-fetch: it back, durable at the end -------------------------------

empty_target() {
	rm -rf "$WORK/restored"
	mkdir -m 700 "$WORK/restored"
}

restore_walnut() {
	empty_target
	measure base-fetch walnut base-fetch "$WORK/restored" LATEST
}

restore_tar() {
	empty_target
	measure base-fetch '2 x zstd -dc | tar x; sync' sh -c '
		find "$0"/basebackups_005 -name "*.tar.zst" -print0 |
		xargs -0 -P2 -I@ sh -c "zstd -q -dc @ | tar -x -C $1 -f -" &&
		sync -f "$1"' "$STORE" "$WORK/restored"
}

restore_pgbackrest() {
	empty_target
	measure base-fetch 'pgbackrest zst 3' pgbackrest restore \
		--set="$SET" --pg1-path="$WORK/restored"
}

cluster_start
cluster_load
rounds "$BENCH_WAL_ROUNDS" \
	push_walnut push_zstd_1 push_zstd_3 push_true push_pgbackrest
rounds "$BENCH_WAL_ROUNDS" fetch_walnut fetch_zstd fetch_pgbackrest
rounds "$BENCH_ROUNDS" backup_walnut backup_tar backup_basebackup \
	backup_pgbackrest_zst backup_pgbackrest_default
rounds "$BENCH_ROUNDS" restore_walnut restore_tar restore_pgbackrest
awk -f "$WORK/table.awk" "$RESULTS"
