#!/bin/sh
# Every header says what it needs: it compiles alone.

cd "$(dirname "$0")/../.." || exit 1
. tests/house/tap.sh

flags=$(MAKEFLAGS='' make -s --no-print-directory print-flags) || exit 1

for compiler in gcc clang; do
	none_of "every header compiles alone under $compiler" "$(
		for header in $(product_files | grep '\.h$'); do
			# A declaration behind it, since C wants at least one.
			printf '#include "%s"\nextern int alone;\n' "$header" |
				eval "$compiler" "$flags" -Werror \
				    -fsyntax-only -x c - 2>&1 ||
				echo "in $header"
		done)"
done

done_testing
