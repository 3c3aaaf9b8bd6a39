#!/bin/sh
# What lies in a store can be restored by hand, with tar, zstd and cp alone.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/base.sh"

cluster_new main -k
store_new store
cluster_start main
connect_to main
mkdir "$WORK/space" "$WORK/space2"
sql main "create tablespace space location '$WORK/space'" \
	'create table far tablespace space as select g from generate_series(1, 1000) g' \
	'create table t as select g, md5(g::text) from generate_series(1, 20000) g'
WALNUT_PART_SIZE=4M ok 'there is a backup' base-push "$(data main)"
name=$(cat "$WORK/out")
sql main 'insert into t select g, md5(g::text) from generate_series(20001, 40000) g' \
	'insert into far values (0)'
switch_wal main
sql main 'create table late as select 1 as a'
dump main >"$WORK/before.sql"
switch_wal main
ok 'the WAL behind it is archived' wait_until 30 test -n "$(store_wal "$SEGMENT")"
cluster_stop main

# Nothing of walnut's is at hand any more, nor the old server.
bin=$(dirname "$(command -v base-push)")
PATH=$(echo "$PATH" | tr : '\n' | grep -vFx "$bin" | paste -sd :)
unset WALNUT_STORE WALNUT_RETRY_FOR
for program in base-fetch wal-fetch base-push wal-push backup-list; do
	exits 127 "there is no $program" sh -c "$program --help"
done
mv "$WORK/main" "$WORK/gone"
rm -rf "$WORK/space"

# --- by hand ---------------------------------------------------------------

umask 077

folder=$STORE/basebackups_005/$name
back=$(data back)
ok 'the sentinel says that the backup is complete' \
	test -f "${folder}_backup_stop_sentinel.json"
mkdir -p "$back"
chmod 700 "$back"
for part in "$folder"/tar_partitions/part_*.tar.zst; do
	ok "$(basename "$part") can be unpacked" sh -c \
		"zstd -dcq '$part' | tar -xpf - -C '$back'"
done
for part in backup_label pg_control; do
	ok "$part can be unpacked" sh -c \
		"zstd -dcq '$folder/tar_partitions/$part.tar.zst' |
		tar -xpf - -C '$back'"
done
ok 'the manifest can be copied' cp "$folder/backup_manifest" "$back/"
# Where the tablespaces are to lie, the links lead.
while read -r oid old; do
	is 'the map has the tablespace' "$old" "$WORK/space"
	[ ! -d "$back/pg_tblspc/$oid" ] || {
		mv "$back/pg_tblspc/$oid" "$WORK/space2/$oid"
		ln -s "$WORK/space2/$oid" "$back/pg_tblspc/$oid"
	}
	sed -i "s|^$oid .*|$oid $WORK/space2/$oid|" "$back/tablespace_map"
done <"$back/tablespace_map"
ok 'every file is what the manifest says' \
	pg_verifybackup -n -i tablespace_map "$back"
ok 'the files are open to their owner alone' test -z \
	"$(find "$back/" -type f -perm /077)"
cat >>"$back/postgresql.conf" <<-EOF
restore_command = 'zstd -dcqf "$STORE/wal_005/%f.zst" >"%p"'
archive_mode = off
EOF
touch "$back/recovery.signal"
cluster_own back
ok 'the server starts' cluster_start back
ok 'and recovers to the end' wait_until 30 recovered back
dump back >"$WORK/after.sql"
ok 'all content is as it was' cmp "$WORK/before.sql" "$WORK/after.sql"
connect_to back
sql back 'create extension amcheck'
ok 'pg_amcheck finds nothing' pg_amcheck -d postgres
cluster_stop back
ok 'the page checksums are right' pg_checksums --check -D "$back"
finish
