#!/bin/sh
# base-push refuses what cannot become a backup, says why, and writes nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/base.sh"

untouched() { # DESC
	is "$1" "$(store_tree)" "$before"
}

cluster_new main -k
cluster_conf main <<-'EOF'
autovacuum = off
EOF
cluster_new other
cluster_conf other <<-'EOF'
archive_mode = off
EOF
store_new store
before=$(store_tree)
cluster_start main
cluster_start other
connect_to main

# --- settings and options --------------------------------------------------

# Neither server nor store is there: what is asked for is looked at before.
PGHOST=$WORK/nowhere
exits 2 'user data that is not JSON is refused before anything' \
	base-push --user-data '{"a": ' "$(data main)"
says 'and named' 'error: --user-data'
exits 2 'so is a label of two lines' base-push --label 'a
b' "$(data main)"
exits 2 'and a checkpoint that is neither fast nor spread' \
	base-push --checkpoint slow "$(data main)"
exits 2 'and an option that does not exist' base-push --fast "$(data main)"
exits 2 'and two directories' base-push "$(data main)" "$(data main)"
exits 2 'a setting with a typing error is refused too' \
	env WALNUT_RATE_LIMT=1M base-push "$(data main)"
says 'with the name that was meant' 'WALNUT_RATE_LIMIT'
connect_to main

# --- directories and servers -----------------------------------------------

mkdir "$WORK/empty"
exits 2 'an empty directory is refused' base-push "$WORK/empty"
says 'and named' "$WORK/empty: not a data directory"
exits 2 'a directory that is not there is refused' base-push "$WORK/nowhere"
says 'and named' "$WORK/nowhere"
exits 6 "another cluster's directory is refused" base-push "$(data other)"
says 'and named, with the two clusters' \
	"$(data other): belongs to cluster [0-9]+, but the server is cluster [0-9]+"
mkdir "$WORK/copy"
cp -R "$(data main)/global" "$(data main)/PG_VERSION" "$WORK/copy"
exits 6 "a copy of the cluster's own directory is refused" base-push "$WORK/copy"
says 'with the right one' "$(data main)"
untouched 'nothing has been written for any of them'
is 'no server has begun a backup' \
	"$(cat "$(data main)/pg_wal/"*.backup 2>/dev/null)" ''

connect_to other
exits 6 'a server that does not archive is refused' base-push "$(data other)"
says 'because of archive_mode' 'archive_mode is off'
says 'with a hint what to set' 'hint: .*archive_mode = on.*wal-push %p'
cluster_stop other
cluster_conf other <<-'EOF'
archive_mode = on
archive_command = ''
EOF
cluster_start other
exits 6 'so is one that archives with no command' base-push "$(data other)"
says 'because of archive_command' 'archive_command is empty'
cluster_stop other
exits 5 'a server that is stopped cannot be reached' base-push "$(data other)"
says 'and its socket is named' "$WORK/other/socket"
untouched 'nothing has been written for any of them'

# --- the store of another cluster ------------------------------------------

connect_to main
ok 'the first backup makes the store its own' base-push "$(data main)"
first=$(cat "$WORK/out")
sed -i "s/^archive_command = ''/archive_command = 'false'/" \
	"$(data other)/postgresql.conf"
cluster_start other
connect_to other
before=$(store_tree)
exits 6 "another cluster's backup is refused there" base-push "$(data other)"
says 'with both identifiers' 'error: .*[0-9]{19}, not to [0-9]{19}'
untouched 'and nothing of it is written'
cluster_stop other immediate

# --- WAL that does not get archived ----------------------------------------

connect_to main
# An archiver that has failed on something before, and waits with it.
sql main "alter system set archive_command = 'false'" \
	'select pg_reload_conf()' 'create table t (a int)' \
	'select pg_switch_wal()' >/dev/null
stuck=$(ls "$(data main)/pg_wal/archive_status" | sed -n 's/\.ready$//p' | head -1)
wait_until 30 sql main 'select 1 / failed_count from pg_stat_archiver'
began=$(date +%s)
exits 5 'WAL that is not archived ends a backup' \
	env WALNUT_RETRY_FOR=7s base-push "$(data main)"
took=$(($(date +%s) - began))
start=$(sed -n 's/.*notice: base_\([0-9A-F]*\) starts.*/\1/p' "$WORK/err")
says 'the wait names the segment it waits for' \
	"notice: waiting for $start to be archived"
says 'and what the archiver last failed on' \
	"waiting for .*failed [0-9]+ times, last $stuck"
says 'so does the error' "error: .*$start was not archived within 7 s.*last $stuck"
ok 'it has waited for as long as it was to, and not much longer' \
	test "$took" -ge 7 -a "$took" -le 12
is 'the backup is not listed' "$(listed)" "$first"
untouched 'nothing of it is left'
ok 'no session is left' wait_until 10 no_sessions main
sql main 'alter system reset archive_command' 'select pg_reload_conf()' >/dev/null
ok 'once archiving works, the next backup does' base-push "$(data main)"
second=$(cat "$WORK/out")
is 'and is listed' "$(listed)" "$first
$second"

# --- a page that is broken -------------------------------------------------

sql main 'create table rotten as select g, repeat(md5(g::text), 8) from generate_series(1, 500) g' \
	'vacuum rotten' 'checkpoint'
file=$(sql main "select pg_relation_filepath('rotten')")
before=$(store_tree)
flip "$(data main)/$file" $((3 * 8192 + 5000))
exits 3 'a broken page ends a backup' base-push "$(data main)"
says 'file and block are named' "warning: .*/$file: .* block 3\$"
says 'the error counts the pages' 'error: .*1 page'
is 'the backup is not listed' "$(listed)" "$first
$second"
untouched 'nothing of it is left'
for page in 0 1 2 4 5 6 7 8; do
	flip "$(data main)/$file" $((page * 8192 + 6000))
done
exits 3 'nine broken pages end it too' base-push "$(data main)"
says 'the error has their number' 'error: .*9 pages'
ok 'with --no-verify-checksums it succeeds' \
	base-push --no-verify-checksums "$(data main)"
third=$(cat "$WORK/out")
is 'and is listed' "$(listed)" "$first
$second
$third"
finish
