#!/bin/sh
# No damage to a backup gets through: the restore fails, and what it leaves
# cannot start.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/base.sh"

POSITIONS=20

cluster_new main
store_new store
cluster_start main
connect_to main
cluster_shrink main
WALNUT_PART_SIZE=4M ok 'there is a backup' base-push "$(data main)"
name=$(cat "$WORK/out")
cluster_stop main immediate
CLUSTERS="$CLUSTERS broken"
folder=$STORE/basebackups_005/$name
parts=$folder/tar_partitions
sentinel=${folder}_backup_stop_sentinel.json
good=$(store_tree)

# found DESC REGEX: the damage is found by a restore and by --verify-only, the
# message names the object, and no server starts from what there is then.
found() {
	rm -rf "$(data broken)"
	run base-fetch "$(data broken)" "$name"
	restored=$STATUS
	message=$(cat "$WORK/err")
	run base-fetch --verify-only "$name"
	is "$1: found by a restore and by --verify-only" \
		"$restored $STATUS" '3 3'
	is "$1: named by both" "$(echo "$message" | grep -Ec "error: .*$2") $(
		grep -Ec "error: .*$2" "$WORK/err")" '1 1'
	ok "$1: cannot start" refuses_to_start broken
}

ok 'it can be restored' base-fetch "$(data broken)" "$name"
ok 'the server starts then' starts broken
cluster_stop broken immediate
ok 'and it passes --verify-only' base-fetch --verify-only "$name"

# --- one bit ---------------------------------------------------------------

# A position in each twentieth, the first and the last byte among them.
for file in "$parts/part_001.tar.zst" "$parts/pg_control.tar.zst" \
	"$parts/backup_label.tar.zst" "$folder/backup_manifest" "$sentinel"; do
	size=$(size_of "$file")
	i=0
	while [ "$i" -lt "$POSITIONS" ]; do
		step=$((size / POSITIONS))
		at=$((i * step + $(below "$step")))
		[ "$i" != 0 ] || at=0
		[ "$i" != $((POSITIONS - 1)) ] || at=$((size - 1))
		bit=$(below 8)
		flip "$file" "$at" "$bit"
		case $file in
		"$sentinel") object=$name ;;
		*) object=$(basename "$file") ;;
		esac
		found "bit $bit of byte $at of $(basename "$file")" "$object"
		flip "$file" "$at" "$bit"
		i=$((i + 1))
	done
done

# --- more than a bit -------------------------------------------------------

for file in "$parts/part_001.tar.zst" "$parts/part_002.tar.zst" \
	"$parts/pg_control.tar.zst" "$parts/backup_label.tar.zst" \
	"$folder/backup_manifest"; do
	object=$(basename "$file")
	mv "$file" "$WORK/kept"
	found "a missing $object" "$object"
	head -c -1 "$WORK/kept" >"$file"
	found "$object without its last byte" "$object"
	{
		cat "$WORK/kept"
		echo
	} >"$file"
	found "$object with a byte more" "$object"
	: >"$file"
	found "an empty $object" "$object"
	mv "$WORK/kept" "$file"
done
mv "$parts/part_001.tar.zst" "$WORK/kept"
cp "$parts/part_002.tar.zst" "$parts/part_001.tar.zst"
found 'one part in the place of another' part_001
mv "$WORK/kept" "$parts/part_001.tar.zst"

is 'the store is as it was' "$(store_tree)" "$good"
rm -rf "$(data broken)"
ok 'and the backup restorable' base-fetch "$(data broken)" "$name"
finish
