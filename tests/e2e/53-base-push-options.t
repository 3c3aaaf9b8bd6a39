#!/bin/sh
# What base-push is told goes into the backup, it says how far it is, needs no
# more rights than it asks for, and two of it do not disturb each other.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/base.sh"

of_backup() { # NAME KEY
	backup-list --json --detail |
		jq -c --arg name "$1" ".[] | select(.backup_name == \$name) | .$2"
}

cluster_new main -k
cluster_conf main <<-'EOF'
max_connections = 20
EOF
store_new store
cluster_start main
connect_to main

# --- what is told ----------------------------------------------------------

ok 'base-push takes a label, user data and a mark' \
	base-push --label "Sunday's \"label\" ü" \
	--user-data '{"ticket": 12, "who": ["ä", null, 1e3, true]}' \
	--permanent "$(data main)"
is 'stdout has the name alone' "$(wc -l <"$WORK/out")" 1
first=$(cat "$WORK/out")
is 'the label is shown' "$(of_backup "$first" label)" \
	'"Sunday'"'"'s \"label\" ü"'
is 'the user data too' "$(of_backup "$first" 'user_data | .ticket, .who[0], .who[3]')" \
	'12
"ä"
true'
is 'and the mark' "$(of_backup "$first" is_permanent)" true
ok 'backup_label has the label' sh -c \
	"zstd -dc '$STORE/basebackups_005/$first/tar_partitions/backup_label.tar.zst' |
	tar -xO backup_label | grep -Fx 'LABEL: Sunday'\''s \"label\" ü'"
PGDATA= ok 'without a directory the server is asked for it' base-push
PGDATA=$(data main)
plain=$(cat "$WORK/out")
is 'without the options nothing is marked' "$(of_backup "$plain" is_permanent)" false
is 'and there is no user data' "$(of_backup "$plain" user_data)" null
ok 'a spread checkpoint is possible' base-push --checkpoint spread \
	--dbname "host=$WORK/main/socket dbname=template1 user=postgres"

# --- progress --------------------------------------------------------------

TERM=xterm WALNUT_RATE_LIMIT=16M script -qec 'base-push --progress' "$WORK/terminal" \
	>"$WORK/screen" 2>&1 </dev/null
bars=$(tr '\r' '\n' <"$WORK/terminal" | grep -Ec 'backing up.* [0-9]+ ?%')
ok 'progress on a terminal is drawn again and again' test "$bars" -ge 3
ok 'in one place' grep -q "$(printf '\033\\[A')" "$WORK/terminal"
is 'the last one is wiped off' \
	"$(tail -c +1 "$WORK/terminal" | tr '\r' '\n' | grep -E 'backing up.*%|is complete' |
		tail -1 | grep -Ec 'is complete')" 1

# --- rights ----------------------------------------------------------------

# The statements are the manual's own.
page=$(dirname "$0")/../man/base-push.1
[ -f "$page" ] || page=$(dirname "$0")/../../man/base-push.1
sed -n '/^CREATE ROLE backup/,/^\.Ed/p' "$page" | grep '^GRANT' >"$WORK/grants"
is 'the manual lists three grants' "$(wc -l <"$WORK/grants")" 3
for grant in 1 2 3; do
	role=without_$grant
	{
		echo "CREATE ROLE $role LOGIN;"
		sed "${grant}d; s/TO backup;/TO $role;/" "$WORK/grants"
	} | psql -Xq
	right=$(sed -n "${grant}s/.*\(pg_[a-z_]*\).*/\1/p" "$WORK/grants")
	before=$(listed)
	PGUSER=$role
	exits 4 "a role without $right is denied" base-push "$(data main)"
	says 'the message names what is missing' "$right"
	PGUSER=postgres
	is 'nothing is listed' "$(listed)" "$before"
done
{
	echo 'CREATE ROLE backup LOGIN;'
	cat "$WORK/grants"
} | psql -Xq
sql main "alter role backup set statement_timeout = '50ms'" \
	"alter role backup set lock_timeout = '50ms'" \
	"alter role backup set idle_session_timeout = '200ms'" \
	"alter role backup set idle_in_transaction_session_timeout = '200ms'"
# A checkpoint that lasts longer than the timeout.
sql main 'create table t as select g from generate_series(1, 100000) g'
PGUSER=backup
WALNUT_RATE_LIMIT=16M ok 'three grants are enough, and timeouts do not matter' \
	base-push --progress "$(data main)"
PGUSER=nobody_here
exits 4 'a role that does not exist is denied' base-push "$(data main)"
says 'and named' 'nobody_here'
PGUSER=postgres

# --- two at once -----------------------------------------------------------

export WALNUT_RATE_LIMIT=16M
background one base-push "$(data main)"
one=$BACKGROUND
background two base-push "$(data main)"
two=$BACKGROUND
ok 'two backups run at once' wait_until 20 sql main "select 1 / (count(*) / 2)
	from pg_stat_activity where application_name = 'base-push'"
codes=0
wait "$one" || codes=$?
wait "$two" || codes=$codes$?
unset WALNUT_RATE_LIMIT
is 'both succeed' "$codes" 0
[ "$codes" = 0 ] || sed 's/^/# /' "$WORK/one.err" "$WORK/two.err" >&2
is 'under two names' "$(sort -u "$WORK/one.out" "$WORK/two.out" | wc -l)" 2
for which in one two; do
	name=$(cat "$WORK/$which.out")
	ok "backup $which is whole" base-fetch --verify-only "$name"
	ok 'and restorable' base-fetch "$WORK/$which/data" "$name"
	cluster_own "$which"
	ok 'the server starts from it' cluster_start "$which"
	ok 'and recovers' wait_until 30 recovered "$which"
	cluster_stop "$which" immediate
done
finish
