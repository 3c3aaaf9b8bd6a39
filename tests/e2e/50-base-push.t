#!/bin/sh
# A backup of a server that is busy restores to what was there, and consists of
# the files that the server's own base backup has.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/base.sh"

# change_much NAME: what moves files about, until the backup has ended.
change_much() {
	rounds=0
	while is_alive "$BACKGROUND" && [ "$rounds" -lt 100 ]; do
		rounds=$((rounds + 1))
		sql "$1" "create table round_$rounds as
				select g, md5(g::text) from generate_series(1, 5000) g" \
			'vacuum full pgbench_tellers' \
			'vacuum full pgbench_accounts' \
			"drop table if exists round_$((rounds / 2))" >/dev/null 2>&1
		[ $((rounds % 4)) != 1 ] ||
			sql "$1" "create database other_$rounds" >/dev/null
		[ "$rounds" != 5 ] || sql "$1" 'drop database other_1'
	done
}

# files_of MANIFEST: path and size of each, but the label's, which holds a text
# of the backup's own, and the map, which the server's own backup takes apart.
files_of() {
	jq -r '.Files[] | "\(.Path // .["Encoded-Path"]) \(.Size)"' "$1" |
		grep -v -e '^backup_label ' -e '^tablespace_map ' | sort
}

cluster_new main -k
store_new store
cluster_conf main <<-'EOF'
max_wal_size = 256MB
EOF
cluster_start main
connect_to main
pgbench -iq -s 1 2>/dev/null

# --- while everything changes ----------------------------------------------

export WALNUT_RATE_LIMIT=4M WALNUT_PART_SIZE=4M
pgbench -n -N -c 2 -T 60 >"$WORK/pgbench" 2>&1 &
bench=$!
wait_until 10 sql main 'select 1 / count(*) from pgbench_history'
background push base-push --progress "$(data main)"
wait_until 20 begun push
change_much main
code=0
wait "$BACKGROUND" || code=$?
unset WALNUT_RATE_LIMIT WALNUT_PART_SIZE
name=$(cat "$WORK/push.out")
is 'base-push of a busy server succeeds' "$code" 0
[ "$code" = 0 ] || sed 's/^/# /' "$WORK/push.err" >&2
is 'stdout has the name alone' \
	"$(grep -Ec '^base_[0-9A-F]{24}$' "$WORK/push.out") of $(wc -l <"$WORK/push.out")" '1 of 1'
ok 'much has changed meanwhile' test "$rounds" -ge 3
ok 'it has several parts' \
	test -f "$STORE/basebackups_005/$name/tar_partitions/part_004.tar.zst"
cp "$WORK/push.err" "$WORK/err"
says 'progress that does not go to a terminal comes in lines' \
	'^base-push: notice: backing up: [0-9]+ %, [0-9.]+ [KM]iB of [0-9.]+ MiB'
is 'and without the characters that move a cursor' \
	"$(tr -d '\n\40-\176' <"$WORK/push.err" | wc -c)" 0

kill "$bench"
wait "$bench" 2>/dev/null
sum=$(sql main 'select sum(delta) from pgbench_history')
tables=$(sql main "select relname from pg_class where relkind = 'r' order by 1")
databases=$(sql main 'select datname from pg_database order by 1')
dump main >"$WORK/before.sql"
ok 'the WAL after it is archived' switch_wal main

ok 'it is restored' base-fetch "$WORK/back/data" "$name"
ok 'pg_verifybackup passes' pg_verifybackup -n "$WORK/back/data"
cluster_own back
ok 'the restored server starts' cluster_start back
ok 'and recovery ends' wait_until 30 recovered back
dump back >"$WORK/after.sql"
ok 'all content is as it was' cmp "$WORK/before.sql" "$WORK/after.sql"
is 'no transaction is lost, and none is there by half' \
	"$(sql back 'select sum(delta) from pgbench_history'
	sql back 'select sum(abalance) from pgbench_accounts')" "$sum
$sum"
is 'the tables are those that were there' \
	"$(sql back "select relname from pg_class where relkind = 'r' order by 1")" \
	"$tables"
is 'the databases too' \
	"$(sql back 'select datname from pg_database order by 1')" "$databases"
connect_to back
ok 'pg_amcheck finds nothing in any database' \
	pg_amcheck --all --install-missing --heapallindexed
cluster_stop back
ok 'the page checksums are right' pg_checksums --check -D "$WORK/back/data"

# --- which files -----------------------------------------------------------

connect_to main
mkdir "$WORK/space" "$(data main)/pgsql_tmp_dir"
sql main "create tablespace space location '$WORK/space'" \
	'create table far (a int) tablespace space' \
	'create unlogged table unlogged as select g from generate_series(1, 1000) g' \
	'create unlogged table unlogged_far (a int primary key) tablespace space' \
	'insert into far values (1)' 'vacuum far, unlogged' >/dev/null
for odd in 'a b' 'ä' 'quote"back\slash' core.1 pgsql_tmp.1 current_logfiles.tmp \
	pg_notify/x pg_stat_tmp/x pg_replslot/x base/1/pgsql_tmp2 base/1/t1_2 \
	pg_internal.init.3 base/1/.DS_Store backup_label.old .hidden; do
	echo x >"$(data main)/$odd"
done
echo x >"$(data main)/$(printf 'latin-\344')"
mkdir "$(data main)/a directory" && echo x >"$(data main)/a directory/x"
# A temporary table stays as long as its session.
mkfifo "$WORK/session"
psql -Xq <"$WORK/session" >/dev/null &
exec 3>"$WORK/session"
echo 'create temp table passing as select g from generate_series(1, 9) g;' >&3
wait_until 10 sql main \
	"select 1 / count(*) from pg_class where relpersistence = 't'"
sql main checkpoint
ok 'base-push of a quiet server succeeds' base-push
name=$(cat "$WORK/out")
ok 'so does pg_basebackup' pg_basebackup -D "$WORK/own/data" -c fast -X none \
	-T "$WORK/space=$WORK/own/space"
files_of "$STORE/basebackups_005/$name/backup_manifest" >"$WORK/ours"
files_of "$WORK/own/data/backup_manifest" >"$WORK/theirs"
ok 'there are hundreds of files' test "$(wc -l <"$WORK/ours")" -gt 500
ok 'their names and sizes are those of pg_basebackup' \
	diff "$WORK/theirs" "$WORK/ours"
exec 3>&-
finish
