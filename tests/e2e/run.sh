#!/bin/sh
# run.sh [PREFIX...]: the end-to-end tests, all or those whose names begin so,
# in a place of their own that an ordinary user may read.
set -eu
cd "$(dirname "$0")/../.."

stage=$(mktemp -d "${TMPDIR:-/tmp}/walnut-e2e.XXXXXX")
mounted=
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
cleanup() {
	[ -z "$mounted" ] || $sudo umount "$stage/small" || :
	rm -rf "$stage"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

mkdir "$stage/small" "$stage/tmp"
cp -R build/bin "$stage/bin"
cp -R tests/e2e "$stage/e2e"
# What the manual tells people to do is tried too.
[ ! -d man ] || cp -R man "$stage/man"
# A file system that is quickly full; tests that need it skip without.
if $sudo mount -t tmpfs -o size=32m,mode=1777 tmpfs "$stage/small" \
	2>/dev/null; then
	mounted=yes
fi

tests=
for prefix in "${@:-}"; do
	for test in "$stage"/e2e/"$prefix"*.t; do
		[ -f "$test" ] && tests="$tests $test"
	done
done

chmod 755 "$stage"
as=
if [ "$(id -u)" = 0 ]; then
	chown -R postgres "$stage"
	as='runuser -u postgres --'
fi
# shellcheck disable=SC2086 # lists of words
cd "$stage" && $as env -i HOME="$stage" LC_ALL=C.UTF-8 TMPDIR="$stage/tmp" \
	PATH="$stage/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin" \
	SMALL_FS="${mounted:+$stage/small}" \
	prove -j"$(nproc)" --timer $tests
