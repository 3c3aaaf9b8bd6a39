#!/bin/sh
# Parts that were made to do harm are refused: nothing is written outside of the
# directory, and what is in it cannot start.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/base.sh"

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

# --- parts that someone else has made --------------------------------------

# No checksum of walnut's protects what looks as if WAL-G had written it.
cp "$sentinel" "$WORK/sentinel"
{
	sed '/^"WalnutVersion"/,$d' "$WORK/sentinel" | sed '$s/,$//'
	echo '}'
} >"$sentinel"
ok 'its sentinel is none of walnut'"'"'s' \
	jq -e '.WalnutVersion == null and .Objects == null and .LSN > 0' "$sentinel"
mv "$folder/backup_manifest" "$WORK/manifest"
rm -rf "$(data broken)"
ok 'a backup that looks like another program'"'"'s is restored' \
	base-fetch "$(data broken)" "$name"
hostile() { # DESC TAR-OPTIONS...: one more part, with what they pack
	rm -rf "$(data broken)"
	description=$1
	shift
	(cd "$WORK/pack" && tar -cf - "$@" | zstd -q) >"$parts/part_900.tar.zst"
	run base-fetch "$(data broken)" "$name"
	rejected=$STATUS
	run base-fetch --verify-only "$name"
	is "$description is refused" "$rejected $STATUS" '3 3'
	ok 'no file is written outside' \
		test ! -e "$WORK/escaped" -a ! -e "$WORK/broken/escaped"
	ok 'and none can start' refuses_to_start broken
	rm "$parts/part_900.tar.zst"
}
mkdir "$WORK/pack"
echo escaped >"$WORK/pack/escaped"
hostile 'a file two directories above' --transform 's,^,../../,' -P escaped
hostile 'a file above, by the way of one below' \
	--transform 's,^,base/../../,' -P escaped
ok 'there is none at the root of the file system' test ! -e /escaped
ln -s "$WORK" "$WORK/pack/link"
mkdir "$WORK/pack/real" && echo escaped >"$WORK/pack/real/escaped"
rm -rf "$(data broken)"
(cd "$WORK/pack" && tar -cf - --transform 's,^real,link,' link real/escaped |
	zstd -q) >"$parts/part_900.tar.zst"
run base-fetch "$(data broken)" "$name"
ok 'a file through a link is not written where that leads' \
	test ! -e "$WORK/escaped"
rm "$parts/part_900.tar.zst"
mkfifo "$WORK/pack/fifo"
hostile 'a special file' fifo
ln "$WORK/pack/escaped" "$WORK/pack/hard"
hostile 'a hard link' escaped hard
(cd "$WORK/pack" && tar -cf - escaped | head -c 515 | zstd -q) \
	>"$parts/part_900.tar.zst"
found 'a tar that ends early' part_900
rm "$parts/part_900.tar.zst"
mv "$WORK/manifest" "$folder/backup_manifest"
cp "$WORK/sentinel" "$sentinel"
is 'the store is as it was' "$(store_tree)" "$good"
rm -rf "$(data broken)"
ok 'and the backup restorable' base-fetch "$(data broken)" "$name"
finish
