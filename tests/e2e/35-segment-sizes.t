#!/bin/sh
# Segments of 1 MiB and of 64 MiB are archived and come back, also where their
# numbers wrap.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/recovery.sh"

# stored_segments: what the store has of timeline 1, in order.
stored_segments() {
	ls "$STORE/wal_005" | sed -n 's/^\([0-9A-F]\{24\}\)\.zst$/\1/p' | sort
}

# names FIRST COUNT PER_LOG: what they are to be called; FIRST is a number.
names() {
	number=$1
	while [ "$number" -lt $(($1 + $2)) ]; do
		printf '00000001%08X%08X\n' $((number / $3)) $((number % $3))
		number=$((number + 1))
	done
}

# fill COUNT: finish as many segments, each with something in it.
fill() {
	sql main "do \$\$ begin for i in 1..$1 loop
		insert into t values (i, repeat(md5(i::text), 500));
		perform pg_switch_wal();
	end loop; end \$\$"
}

# goes_round MIB FIRST COUNT: a cluster with segments of so many MiB, the
# numbers of which wrap on the way from the first to the last.
goes_round() {
	per_log=$((4096 / $1))
	cluster_new main "--wal-segsize=$1"
	pg_resetwal -D "$(data main)" -l "$(names "$2" 1 "$per_log")" \
		>/dev/null
	store_new "store$1"
	cluster_start main
	connect_to main
	sql main 'create table t (a int, b text)'
	ok "$1 MiB: a backup is taken" base-push "$(data main)"
	backup=$(cat "$WORK/out")
	fill "$3"
	switch_wal main
	sql main 'insert into t values (0)'
	dump main >"$WORK/before.sql"
	switch_wal main
	count=$((0x${SEGMENT#????????????????} + \
		0x$(echo "$SEGMENT" | cut -c 9-16) * per_log - $2 + 1))
	ok "$1 MiB: at least as many segments were finished" \
		test "$count" -ge "$3"
	ok "$1 MiB: the last one's number has wrapped" test \
		"$(echo "$SEGMENT" | cut -c 9-16)" != \
		"$(names "$2" 1 "$per_log" | cut -c 9-16)"
	names "$2" "$count" "$per_log" >"$WORK/wanted"
	stored_segments >"$WORK/stored"
	ok "$1 MiB: exactly these segments are stored" \
		cmp "$WORK/wanted" "$WORK/stored"
	cluster_stop main

	ok "$1 MiB: a segment comes back" \
		wal-fetch "$SEGMENT" "$WORK/segment"
	is "$1 MiB: it has its size" "$(wc -c <"$WORK/segment")" \
		$(($1 * 1024 * 1024))
	ok "$1 MiB: backup-list succeeds" backup-list --json --detail
	prints "$1 MiB: it knows the size" \
		"\"wal_segment_size\": *$(($1 * 1024 * 1024))\b"
	ok "$1 MiB: base-fetch succeeds" base-fetch "$WORK/back/data" "$backup"
	ok "$1 MiB: pg_verifybackup passes" \
		pg_verifybackup -n "$WORK/back/data"
	ok "$1 MiB: the server starts" open back
	ok "$1 MiB: recovery ends" wait_until 60 recovered back
	dump back >"$WORK/after.sql"
	ok "$1 MiB: everything is back" \
		cmp "$WORK/before.sql" "$WORK/after.sql"
	close back

	# A gap is found, wherever the numbers wrap.
	gap=$(sed -n 2p "$WORK/wanted")
	mv "$STORE/wal_005/$gap.zst" "$WORK/gap"
	exits 1 "$1 MiB: a missing segment is not in the archive" \
		wal-fetch "$gap" "$WORK/segment"
	mv "$WORK/gap" "$STORE/wal_005/$gap.zst"
	close main
}

# More segments than the lowest byte of a name can tell, over the wrap.
goes_round 1 $((4096 - 200)) 300
goes_round 64 $((64 - 3)) 5
finish
