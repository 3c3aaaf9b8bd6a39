# recovery.sh: what the tests of recovery share; to be sourced after lib.sh.

# The server's time in the spelling of RFC 3339.
now_utc="to_char(clock_timestamp() at time zone 'UTC',
	'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

# add TEXT: one transaction; sets XID, and COMMIT and COMMITTED, the position
# and the time of its commit record.
add() {
	before=$(sql main 'select pg_current_wal_insert_lsn()')
	XID=$(sql main "insert into t values ('$1')
		returning pg_current_xact_id()")
	record=$(TZ=UTC pg_waldump -p "$(data main)/pg_wal" -s "$before" \
		-x "$XID" -r Transaction 2>/dev/null | grep 'desc: COMMIT')
	COMMIT=$(echo "$record" | sed 's/.*lsn: \([0-9A-F/]*\),.*/\1/')
	COMMITTED=$(echo "$record" | sed 's/.*COMMIT \(.*\) UTC.*/\1+00/')
}

# remember NAME: the content at this moment.
remember() { dump main >"$WORK/$1.sql"; }

# open NAME: start what base-fetch brought, archiving nothing.
open() {
	cluster_own "$1"
	echo 'archive_mode = off' | cluster_conf "$1"
	cluster_start "$1"
}

close() {
	cluster_kill "$1"
	rm -rf "${WORK:?}/$1"
}

# chosen: the backup that the last base-fetch took.
chosen() { sed -n 's/^base-fetch: *\(.*: \)*\(base_[0-9A-F]*\): restor.*/\2/p' \
	"$WORK/err" | head -1; }
