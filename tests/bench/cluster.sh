# cluster.sh - the server that is measured, and both tools' view of it; to be
# sourced. Everything lies below $WORK.

DATA=$WORK/data
STORE=$WORK/store
REPO=$WORK/repo

die() {
	echo "bench: $*" >&2
	exit 1
}

sql() { psql -XAtqc "$1"; }

# Only what is being measured gets the WAL: each tool waits for its own.
archive_to() { echo "$1" >"$WORK/archive_to"; }

write_archive_command() {
	cat >"$WORK/archive-pgbackrest-or-walnut.sh" <<-EOF
	case \$(cat '$WORK/archive_to') in
	walnut) exec wal-push "\$1" ;;
	pgbackrest) exec pgbackrest archive-push "\$1" ;;
	esac
	EOF
	archive_to nothing
}

configure_pgbackrest() {
	export PGBACKREST_CONFIG=$WORK/pgbackrest.conf PGBACKREST_STANZA=bench
	cat >"$PGBACKREST_CONFIG" <<-EOF
	[global]
	repo1-path=$REPO
	repo1-retention-full=1000
	log-level-console=error
	log-level-file=off
	log-path=$WORK
	lock-path=$WORK
	spool-path=$WORK
	process-max=2
	compress-type=zst
	compress-level=3
	start-fast=y
	[bench]
	pg1-path=$DATA
	pg1-socket-path=$WORK
	EOF
}

cluster_start() {
	mkdir "$STORE" "$REPO"
	export PGHOST=$WORK PGUSER=postgres PGDATABASE=postgres
	export WALNUT_STORE=file://$STORE
	write_archive_command
	configure_pgbackrest
	initdb -D "$DATA" -U postgres -A trust -k --locale=C >"$WORK/initdb" ||
		die 'initdb failed'
	cat >>"$DATA/postgresql.conf" <<-EOF
	listen_addresses = ''
	unix_socket_directories = '$WORK'
	archive_mode = on
	archive_command = 'sh $WORK/archive-pgbackrest-or-walnut.sh %p'
	wal_keep_size = 2GB
	max_wal_size = 4GB
	checkpoint_timeout = 1h
	autovacuum = off
	EOF
	pg_ctl -D "$DATA" -l "$WORK/log" -w start >/dev/null ||
		die "$(tail -5 "$WORK/log")"
}

cluster_end() {
	[ -f "$DATA/postmaster.pid" ] || return 0
	kill -QUIT "$(head -1 "$DATA/postmaster.pid")"
	while [ -f "$DATA/postmaster.pid" ]; do
		sleep 0.1
	done
}

# Tables, and one whole segment of the WAL that pgbench writes: $SEGMENT.
cluster_load() {
	pgbench -i -q -s "$BENCH_SCALE" >/dev/null 2>&1 || die 'pgbench failed'
	sql 'vacuum analyze'
	sql checkpoint
	sql 'select pg_switch_wal()' >/dev/null
	pgbench -n -t 10 >/dev/null 2>&1
	SEGMENT=$(sql 'select pg_walfile_name(pg_current_wal_lsn())')
	while [ "$(sql 'select pg_walfile_name(pg_current_wal_lsn())')" \
		= "$SEGMENT" ]; do
		pgbench -n -c 2 -t 1000 >/dev/null 2>&1 || die 'pgbench failed'
	done
	[ -z "$PGBACKREST" ] || pgbackrest stanza-create --no-online ||
		die 'no stanza'
}
