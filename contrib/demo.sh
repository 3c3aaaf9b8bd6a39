#!/bin/sh
# demo.sh: walnut's main job on a throwaway PostgreSQL cluster: archive, back
# up, lose a table, bring it back as it was a moment before. Installs what it
# needs, builds, leaves nothing behind. PostgreSQL does not run as root, so when
# this does, the demo itself runs as the user "postgres".
set -eu

main() {
	cd "$(dirname "$0")/.."
	step 'Installing packages and building'
	sh contrib/packages.sh build run
	make -s -j"$(nproc)" all
	stage=$(mktemp -d "${TMPDIR:-/tmp}/walnut-demo.XXXXXX")
	trap 'rm -rf "$stage"' EXIT
	trap 'exit 1' INT TERM HUP
	chmod 755 "$stage"
	cp -R build/bin "$stage/bin"
	cp contrib/demo.sh "$stage/demo.sh"
	took
	as=
	if [ "$(id -u)" = 0 ]; then
		chown -R postgres "$stage"
		as='runuser -u postgres --'
	fi
	pgbin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
	# shellcheck disable=SC2086 # a list of words
	cd "$stage" && $as env -i HOME="$stage" LC_ALL=C.UTF-8 \
		PATH="$stage/bin:$pgbin:/usr/local/bin:/usr/bin:/bin" \
		sh "$stage/demo.sh" --inside "$stage"
}

now_ms() { date +%s%3N; }

step() {
	started=$(now_ms)
	printf '\n== %s\n' "$1"
}

took() {
	elapsed=$(($(now_ms) - started))
	printf '   (%d.%03d s)\n' $((elapsed / 1000)) $((elapsed % 1000))
}

# Shows a command as a user would type it, and runs it.
shown() {
	line=
	for word in "$@"; do
		case $word in
		*[!A-Za-z0-9_./:=+-]*) line="$line '$word'" ;;
		*) line="$line $word" ;;
		esac
	done
	printf '   $%s\n' "$line"
	status=0
	"$@" >"$work/shown" 2>&1 || status=$?
	sed 's/^/     /' "$work/shown"
	return $status
}

sql() { psql -h "$work/socket" -U postgres -d postgres -XAtqc "$1"; }

end_servers() {
	for directory in "$work/data" "$work/restored"; do
		[ -f "$directory/postmaster.pid" ] || continue
		pg_ctl -D "$directory" -m immediate stop >/dev/null 2>&1 || :
	done
}

summary() {
	sql "select count(*) || ' rows, sum of balances ' || sum(abalance)
		|| ', digest ' || md5(string_agg(aid || ':' || abalance, ','
		order by aid)) from pgbench_accounts"
}

configure() {
	cat >>"$1/postgresql.conf" <<-EOF
	listen_addresses = ''
	unix_socket_directories = '$work/socket'
	EOF
}

start() {
	pg_ctl -D "$1" -l "$work/log" -w start >/dev/null || {
		tail -20 "$work/log"
		exit 1
	}
}

inside() {
	work=$1
	trap end_servers EXIT
	trap 'exit 1' INT TERM HUP
	mkdir "$work/socket"
	export PGHOST="$work/socket" PGUSER=postgres

	step 'Starting a PostgreSQL cluster that archives with wal-push'
	initdb -D "$work/data" -U postgres -A trust --locale=C >/dev/null
	configure "$work/data"
	cat >>"$work/data/postgresql.conf" <<-'EOF'
	archive_mode = on
	archive_command = 'wal-push %p'
	EOF
	echo "   postgresql.conf: archive_mode = on"
	echo "   postgresql.conf: archive_command = 'wal-push %p'"
	echo "   \$ export WALNUT_STORE=file://$work/store"
	export WALNUT_STORE="file://$work/store"
	start "$work/data"
	took

	step 'Loading data with pgbench'
	pgbench -i -s 10 -q >/dev/null 2>&1
	echo "   pgbench_accounts: $(summary)"
	took

	step 'Taking a base backup'
	shown base-push "$work/data"
	shown backup-list
	took

	step 'Writing on, then noting the time'
	pgbench -c 2 -t 2000 -n >/dev/null 2>&1
	before=$(summary)
	sleep 1
	moment=$(sql "select now()")
	sleep 1
	echo "   at $moment"
	echo "   pgbench_accounts: $before"
	took

	step 'The accident'
	sql 'drop table pgbench_accounts'
	echo "   \$ psql -c 'drop table pgbench_accounts'"
	sql 'select pg_switch_wal()' >/dev/null
	pg_ctl -D "$work/data" -m fast -w stop >/dev/null
	took

	step 'Restoring to the moment before it, into a new directory'
	shown base-fetch "$work/restored" --target-time "$moment" \
		--target-action promote
	took

	step 'Starting the restored cluster, which fetches its WAL'
	grep -E '^(restore_command|recovery_target_(time|action)) ' \
		"$work/restored/postgresql.auto.conf" |
		sed 's/^/   postgresql.auto.conf: /'
	start "$work/restored"
	while [ "$(sql 'select pg_is_in_recovery()')" != f ]; do
		sleep 0.1
	done
	grep -oE 'recovery stopping .*|restored log file .*|selected new .*' \
		"$work/log" | sed 's/^/   server: /'
	after=$(summary)
	echo "   pgbench_accounts: $after"
	took

	if [ "$before" != "$after" ]; then
		printf '\nFAILED: these are not the rows of that moment\n'
		exit 1
	fi
	printf '\nThe table is back with exactly the rows of %s.\n' "$moment"
}

if [ "${1:-}" = --inside ]; then
	inside "$2"
else
	main
fi
