#!/bin/sh
# A backup as WAL-G leaves it, without a manifest: its tablespaces go where they
# are sent, and a server that starts there keeps off those of the old one.
. "$(dirname "$0")/lib.sh"

old=$WORK/old
new=$WORK/new
mkdir "$old"
cluster_new main --wal-segsize=1
store_new store
cluster_start main
connect_to main
sql main "create tablespace one location '$old'" \
	'create table t tablespace one as select 1 as a'
ok 'base-push succeeds' base-push "$(data main)"
sql main 'select pg_switch_wal()' >/dev/null
cluster_stop main

sentinel=$(ls "$STORE"/basebackups_005/*_sentinel.json)
# jq would round the system identifier.
jq -c 'del(.WalnutVersion, .Objects, .Checksum, .SystemIdentifier)' "$sentinel" \
	>"$WORK/sentinel"
cp "$WORK/sentinel" "$sentinel"
rm "$STORE"/basebackups_005/*/backup_manifest

mkdir "$WORK/back" "$WORK/back/socket"
ok 'base-fetch succeeds' \
	base-fetch --tablespace-mapping "$old=$new" "$(data back)"
says 'and says what could not be checked' 'has no manifest'
is 'the map leads to the new place' \
	"$(sed 's/^[0-9]* //' "$(data back)/tablespace_map")" "$new"
cluster_own back
echo 'archive_mode = off' | cluster_conf back
ok 'the server starts' cluster_start back
is 'and uses the new place' "$(readlink "$(data back)"/pg_tblspc/*)" "$new"
connect_to back
is 'where the table is' "$(sql back 'select a from t')" 1
finish
