#!/bin/sh
# run.sh: measure walnut beside what people would use instead, README.md.
# Installs what it needs and works in a directory of its own below TMPDIR.
# PostgreSQL does not run as root, so when this does, the measuring runs as the
# user "postgres" that the server's package has created.
set -eu
cd "$(dirname "$0")/../.."

sh contrib/packages.sh run bench
stage=$(mktemp -d "${TMPDIR:-/tmp}/walnut-bench.XXXXXX")
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' INT TERM HUP
cp -R "${BUILD:-build}/bin" "$stage/bin"
cp "${BUILD:-build}/bench/stopwatch" "$stage/bin"
cp tests/bench/*.sh tests/bench/table.awk "$stage"
chmod 755 "$stage"
as=
if [ "$(id -u)" = 0 ]; then
	chown -R postgres "$stage"
	as='runuser -u postgres --'
fi
pgbin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
# shellcheck disable=SC2086 # a list of words
cd "$stage" && $as env -i HOME="$stage" LC_ALL=C.UTF-8 WORK="$stage" \
	BENCH_SCALE="${BENCH_SCALE:-30}" BENCH_ROUNDS="${BENCH_ROUNDS:-5}" \
	BENCH_WAL_ROUNDS="${BENCH_WAL_ROUNDS:-20}" \
	PATH="$stage/bin:$pgbin:/usr/local/bin:/usr/bin:/bin" \
	sh "$stage/measure.sh"
