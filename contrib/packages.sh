#!/bin/sh
# packages.sh build|run|test|bench...: install Debian packages for these
# purposes, as root or through sudo; what is there already is left alone.
#   build  compiler and libraries for the programs
#   run    a PostgreSQL server to try them with
#   test   what the tests and the linters need besides
#   bench  the peer that the benchmarks measure
set -eu

build='gcc libc6-dev make pkg-config libssl-dev libzstd-dev liblz4-dev
	libpq-dev libjansson-dev'
run='postgresql postgresql-client zstd'
tests='check libsubunit-dev perl lz4 jq clang clang-tidy clang-format cppcheck
	pmccabe mandoc strace git tar util-linux libclang-rt-dev'
bench=pgbackrest

wanted=
for purpose in "$@"; do
	case $purpose in
	build) wanted="$wanted $build" ;;
	run) wanted="$wanted $run" ;;
	test) wanted="$wanted $tests" ;;
	bench) wanted="$wanted $bench" ;;
	*) echo "packages.sh: unknown purpose: $purpose" >&2; exit 2 ;;
	esac
done

missing=
for package in $wanted; do
	case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
	'install ok installed') ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || {
		echo "packages.sh: needs root or sudo to install:$missing" >&2
		exit 1
	}
	sudo=sudo
fi

# The server's package would create a cluster of its own and start it.
quiet=/etc/postgresql-common/createcluster.d/walnut-none.conf
case $missing in
*postgresql*)
	$sudo mkdir -p "${quiet%/*}"
	echo 'create_main_cluster = false' | $sudo tee "$quiet" >/dev/null
	trap '$sudo rm -f "$quiet"' EXIT
	;;
esac

log=$(mktemp)
echo "installing:$missing"
# shellcheck disable=SC2086 # a list of names
if ! { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive \
	apt-get install -q -y --no-install-recommends $missing; } >"$log" 2>&1
then
	tail -20 "$log" >&2
	rm -f "$log"
	exit 1
fi
rm -f "$log"
