#!/bin/sh
# A backup and the WAL behind it bring back what was there.
. "$(dirname "$0")/lib.sh"

cluster_new main -k
store_new store
cluster_start main
connect_to main
sql main 'create table t as select g, md5(g::text) from generate_series(1, 20000) g' \
	'create unlogged table u as select 1 as a' \
	'create table "with space and ü" (a int)'
touch "$(data main)/a file with spaces" "$(data main)/ümläut"

ok 'base-push succeeds' base-push "$(data main)"
prints 'and prints the name of the backup, nothing else' '^base_[0-9A-F]{24}$'
name=$(cat "$WORK/out")
ok 'the sentinel is there' \
	test -f "$STORE/basebackups_005/${name}_backup_stop_sentinel.json"
ok 'backup-list succeeds' backup-list
prints 'and shows the backup with its WAL' "^$name .* ok\$"
is 'no marker is left' "$(ls "$STORE/basebackups_005/$name/" | grep progress)" ''

sql main 'insert into t select g, md5(g::text) from generate_series(20001, 40000) g' \
	'insert into u values (2)'
sql main 'checkpoint'
dump main -T u >"$WORK/before.sql"
switch_wal main
cluster_stop main

ok 'base-fetch succeeds' base-fetch "$WORK/back/data"
ok 'pg_verifybackup passes before the start' \
	pg_verifybackup -n "$WORK/back/data"
ok 'files with odd names are back' test -f "$WORK/back/data/ümläut" -a \
	-f "$WORK/back/data/a file with spaces"
cluster_own back
ok 'the restored server starts' cluster_start back
ok 'and recovery ends' wait_until 30 recovered back
connect_to back
dump back -T u >"$WORK/after.sql"
ok 'the logged tables are as they were' cmp "$WORK/before.sql" "$WORK/after.sql"
is 'the unlogged table is there and empty' "$(sql back 'select count(*) from u')" 0
sql back 'create extension amcheck'
ok 'pg_amcheck finds nothing' pg_amcheck -d postgres
cluster_stop back
ok 'the page checksums are right' pg_checksums --check -D "$WORK/back/data"
finish
