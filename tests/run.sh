#!/bin/sh
# run.sh: install what the tests need, build, and run all of them.
#   sh tests/run.sh            everything
#   sh tests/run.sh e2e 10 20  only the end-to-end tests whose names begin so
# PostgreSQL does not run as root, so when this does, the end-to-end tests run
# as the user "postgres" that the server's package has created.
set -eu
cd "$(dirname "$0")/.."

jobs=$(nproc)
sh contrib/packages.sh build run test
make -s -j"$jobs" CI=1 all

status=0
if [ "${1:-all}" != e2e ]; then
	make -s -j"$jobs" CI=1 unit-tests
	make -s CI=1 check || status=1
	make -s -k -j"$jobs" CI=1 lint || status=1
	set --
else
	shift
fi
sh tests/e2e/run.sh "$@" || status=1
exit $status
