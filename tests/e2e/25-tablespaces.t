#!/bin/sh
# Tablespaces come back, where they were or where they are sent.
. "$(dirname "$0")/lib.sh"

# link_of DATA NAME: where the tablespace leads.
link_of() { readlink "$1/pg_tblspc/$(oid_of "$2")"; }
oid_of() { eval "echo \$oid_$1"; }

# temporary DIRECTORIES...: files of temporary tables.
temporary() { find "$@" -name 't[0-9]*_[0-9]*'; }

# from_map DATA: the locations the server will link, in order.
from_map() { sed 's/^[0-9]* //' "$1/tablespace_map" | sort; }

# comes_back DESC: the server in $WORK/back has everything.
comes_back() {
	cluster_own back
	echo 'archive_mode = off' | cluster_conf back
	ok "$1: the server starts" cluster_start back
	ok "$1: recovery ends" wait_until 30 recovered back
	dump back -T u >"$WORK/after.sql"
	ok "$1: the tables are as they were" \
		cmp "$WORK/before.sql" "$WORK/after.sql"
	is "$1: the index is used and finds its row" "$(sql back \
		'set enable_seqscan = off; select a from t2 where a = 4711')" 4711
	is "$1: the unlogged table is there and empty" \
		"$(sql back 'select count(*) from u')" 0
	ok "$1: the unlogged table takes rows" sql back 'insert into u values (1)'
	sql back 'create extension amcheck'
	connect_to back
	ok "$1: pg_amcheck finds nothing" pg_amcheck -d postgres
	connect_to main
	cluster_stop back
}

one=$WORK/one
two="$WORK/the = second"
mkdir "$one" "$two" "$WORK/wal"
# Small segments, here and in other tests: less to write.
cluster_new main -k --wal-segsize=1 -X "$WORK/wal/pg_wal"
store_new store
# The server wants it at the end of a recovery too.
in_place=
if [ "$(cat "$(data main)/PG_VERSION")" -ge 15 ]; then
	in_place=yes
	echo 'allow_in_place_tablespaces = on' | cluster_conf main
fi
cluster_start main
connect_to main
sql main "create tablespace one location '$one'" \
	"create tablespace two location '$two'" \
	'create table t1 tablespace one as select g as a from generate_series(1, 9000) g' \
	'create table t2 as select g as a from generate_series(1, 9000) g' \
	'create index i on t2 (a) tablespace two' \
	'create table t3 tablespace two as select 1 as a' \
	'create unlogged table u tablespace one as select 1 as a'
if [ -n "$in_place" ]; then
	sql main "create tablespace three location ''"
	sql main 'create table t4 tablespace three as select 4 as a'
	oid_three=$(sql main "select oid from pg_tablespace where spcname = 'three'")
fi
# shellcheck disable=SC2034 # read by oid_of
oid_one=$(sql main "select oid from pg_tablespace where spcname = 'one'")
# shellcheck disable=SC2034
oid_two=$(sql main "select oid from pg_tablespace where spcname = 'two'")

# A session with a temporary table, open until the backup has been taken.
mkfifo "$WORK/session"
psql -XAtq <"$WORK/session" >"$WORK/session.out" &
exec 3>"$WORK/session"
echo 'create temp table temporary tablespace one as select 1 as a;
	select pg_relation_filepath('\''temporary'\'');' >&3
ok 'a session has a temporary table' \
	wait_until 20 test -s "$WORK/session.out"
ok 'its file lies in a tablespace' \
	test -n "$(temporary "$one")" -a -f "$(data main)/$(cat "$WORK/session.out")"
ok 'base-push succeeds' base-push "$(data main)"
exec 3>&-
wait
sql main 'insert into t1 values (1)' 'insert into t2 values (2)' \
	'insert into t3 values (3)' 'create table t5 (a int) tablespace two'
[ -z "$in_place" ] || sql main 'insert into t4 values (4)'
dump main -T u >"$WORK/before.sql"
switch_wal main
cluster_stop main

# In the way.
exits 6 'a tablespace that is not empty is refused' \
	base-fetch "$WORK/back/data"
says 'the message names the location' "($one|$two): "
ok 'no data directory was made' test ! -e "$WORK/back/data"
exits 2 'a mapping of an unknown location is a mistake' base-fetch \
	--tablespace-mapping "$WORK/three=$WORK/four" "$WORK/back/data"
says 'the message names the location' "no tablespace at $WORK/three"
exits 2 'a mapping to a relative path is one as well' base-fetch \
	--tablespace-mapping "$one=relative" "$WORK/back/data"
mkdir "$WORK/full"
touch "$WORK/full/file"
exits 6 'a mapping to a directory that is not empty is refused' base-fetch \
	--tablespace-mapping "$one=$WORK/full" \
	--tablespace-mapping "$WORK/the \\= second=$WORK/new" "$WORK/back/data"
says 'the message names the new location' "$WORK/full: "
ok 'nothing was made' test ! -e "$WORK/back/data" -a ! -e "$WORK/new"

# Where they were.
mv "$one" "$WORK/one.away"
mv "$two" "$WORK/two.away"
mkdir "$two" # one missing, one empty
ok 'in place: base-fetch succeeds' base-fetch "$WORK/back/data"
ok 'in place: pg_verifybackup passes' pg_verifybackup -n "$WORK/back/data"
is 'in place: the first link is right' "$(link_of "$WORK/back/data" one)" "$one"
is 'in place: the second link is right' "$(link_of "$WORK/back/data" two)" "$two"
is 'in place: tablespace_map says the same' "$(from_map "$WORK/back/data")" \
	"$(printf '%s\n' "$one" "$two" | sort)"
is 'temporary tables are not in the backup' \
	"$(temporary "$one" "$two" "$WORK/back/data")" ''
ok 'pg_wal, a link before, is a directory' \
	test -d "$WORK/back/data/pg_wal" -a ! -h "$WORK/back/data/pg_wal"
if [ -n "$in_place" ]; then
	there=$WORK/back/data/pg_tblspc/$oid_three
	ok 'the in-place tablespace is a directory' \
		test -d "$there" -a ! -h "$there"
fi
comes_back 'in place'
rm -rf "$WORK/back"

# One mapped, the other where it was.
rm -rf "$two"
ok 'one mapped: base-fetch succeeds' base-fetch \
	--tablespace-mapping "$one=$WORK/moved" "$WORK/back/data"
ok 'one mapped: pg_verifybackup passes' pg_verifybackup -n "$WORK/back/data"
is 'one mapped: its link is changed' \
	"$(link_of "$WORK/back/data" one)" "$WORK/moved"
is 'one mapped: the other link is not' \
	"$(link_of "$WORK/back/data" two)" "$two"
is 'one mapped: tablespace_map says the same' "$(from_map "$WORK/back/data")" \
	"$(printf '%s\n' "$WORK/moved" "$two" | sort)"
rm -rf "$WORK/back" "$WORK/moved" "$two"
mv "$WORK/two.away" "$two"

# Both elsewhere, the locations in use untouched.
find "$one" "$two" -type f | sort | xargs -d '\n' md5sum >"$WORK/sums"
ok 'both mapped: base-fetch succeeds' base-fetch \
	--tablespace-mapping "$one=$WORK/deep/er/one" \
	--tablespace-mapping "$WORK/the \\= second=$WORK/and = two" \
	"$WORK/back/data"
ok 'both mapped: pg_verifybackup passes' pg_verifybackup -n "$WORK/back/data"
is 'both mapped: the first link is right' \
	"$(link_of "$WORK/back/data" one)" "$WORK/deep/er/one"
is 'both mapped: the second link is right' \
	"$(link_of "$WORK/back/data" two)" "$WORK/and = two"
is 'both mapped: tablespace_map says the same' "$(from_map "$WORK/back/data")" \
	"$(printf '%s\n' "$WORK/deep/er/one" "$WORK/and = two" | sort)"
comes_back 'both mapped'
is 'both mapped: the links stay right after the recovery' \
	"$(link_of "$WORK/back/data" one) $(link_of "$WORK/back/data" two)" \
	"$WORK/deep/er/one $WORK/and = two"
ok 'both mapped: the page checksums are right' \
	pg_checksums --check -D "$WORK/back/data"
ok 'both mapped: the old locations are as they were' \
	md5sum --quiet -c "$WORK/sums"
finish
