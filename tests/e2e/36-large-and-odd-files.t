#!/bin/sh
# Neither size, number nor name of a file keeps it out of a backup, and memory
# does not grow with them.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/recovery.sh"

# peak FILE COMMAND...: runs it, the most memory it had, in KiB, into FILE.
peak() {
	file=$1
	shift
	"$@" &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		seen=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' \
			"/proc/$pid/status" 2>/dev/null)
		[ -z "$seen" ] || echo "$seen" >"$file"
		sleep 0.05
	done
	wait "$pid"
}

# all_of DIR: every file with its size.
all_of() { (cd "$1" && find . -type f -printf '%s %p\n' | sort); }

cluster_new main --wal-segsize=1
store_new store
cluster_start main
connect_to main
sql main 'create table t (a int) with (autovacuum_enabled = off)'
relation=$(data main)/$(sql main "select pg_relation_filepath('t')")
cluster_stop main

# 3 GiB of new pages, which the server takes for empty ones. The last file is
# short of a GiB, or the server would look for one more.
truncate -s 1G "$relation" "$relation.1"
truncate -s 1023M "$relation.2"

odd=$(data main)/odd
long=$(printf '%0140d' 0)
mkdir -p "$odd/$long" "$odd/empty directory" "$odd/many"
newline=$(printf 'a\nb')
for name in 'with  spaces ' ümläut 文件 "$newline" '-rf' 'quo"te'\''s' 'back\slash' \
	'100%s' "$(printf 'not utf-8: \377')" "$long/$long.123456789.123456789"; do
	echo "$name" >"$odd/$name"
done
ok 'a path of more than 300 bytes is there' \
	test "$(find "$odd" -type f | wc -L)" -gt 300
seq -f "$odd/many/%05g" 1 10000 | xargs touch
echo last >"$odd/many/last"

cluster_start main
sql main 'create table small as select g from generate_series(1, 1000) g'
ok 'base-push succeeds' peak "$WORK/memory" base-push "$(data main)"
diag "base-push: $(cat "$WORK/memory") KiB"
ok 'it never takes 128 MiB of memory' \
	test "$(cat "$WORK/memory")" -lt $((128 * 1024))
switch_wal main
cluster_stop main

ok 'base-fetch succeeds' peak "$WORK/memory" base-fetch "$WORK/back/data"
diag "base-fetch: $(cat "$WORK/memory") KiB"
ok 'it never takes 128 MiB of memory' \
	test "$(cat "$WORK/memory")" -lt $((128 * 1024))
ok 'pg_verifybackup passes' pg_verifybackup -n "$WORK/back/data"
all_of "$odd" >"$WORK/before"
all_of "$WORK/back/data/odd" >"$WORK/after"
ok 'all odd files are back with their sizes' cmp "$WORK/before" "$WORK/after"
ok 'and with their content' diff -r "$odd" "$WORK/back/data/odd"
ok 'an empty directory is there' test -d "$WORK/back/data/odd/empty directory"
ls -l "$relation"* | awk '{ print $5 }' >"$WORK/before"
ls -l "$WORK/back/data/${relation#"$(data main)/"}"* |
	awk '{ print $5 }' >"$WORK/after"
ok 'the large relation has its size in every file' \
	cmp "$WORK/before" "$WORK/after"
is 'which is 3 GiB but one MiB' \
	"$(awk '{ sum += $1 } END { printf "%.0f", sum / 1048576 }' "$WORK/after")" \
	3071
ok 'the server starts' open back
ok 'recovery ends' wait_until 30 recovered back
is 'the server knows the size' "$(sql back "select pg_relation_size('t')")" \
	$((3071 * 1024 * 1024))
ok 'and appends at the end' sql back 'insert into t values (1)'
is 'the other table is there' "$(sql back 'select count(*) from small')" 1000
finish
