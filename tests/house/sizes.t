#!/bin/sh
# How long functions and files may get, and how branched.

cd "$(dirname "$0")/../.." || exit 1
. tests/house/tap.sh

# pmccabe prints for each function: McCabe's number with a switch counted once,
# the same with every case counted, statements, first line, lines, file(line):
# name.
product=$(pmccabe $(product_files | grep '\.c$'))
tests=$(pmccabe $(test_files | grep '\.c$') /dev/null)

longer_than()
{
	awk -v most="$1" '$5 > most { print $6 " " $7 ": " $5 " lines" }'
}

none_of "no function is longer than 80 lines" "$(
	echo "$product" | longer_than 80)"

none_of "no function of a test is longer than 80 lines" "$(
	echo "$tests" | longer_than 80)"

none_of "McCabe's number is at most 15" "$(echo "$product" |
	awk '$1 > 15 { print $6 " " $7 ": " $1 }')"

none_of "half of the functions have at most 20 lines" "$(echo "$product" |
	awk '{ print $5 }' | sort -n |
	awk '{ lines[NR] = $1 }
	END {
		median = lines[int((NR + 1) / 2)]
		if (median > 20)
			print "median " median
	}')"

none_of "nine of ten functions have at most 50 lines" "$(echo "$product" |
	awk '$5 > 50 { long++; print $6 " " $7 ": " $5 " lines" }
	END { if (long * 10 > NR) print "too many: " long " of " NR }' |
	grep -B 1000 '^too many')"

none_of "no file is longer than 500 lines" "$(product_files |
	while read -r file; do
		lines=$(wc -l <"$file")
		[ "$lines" -le 500 ] || echo "$file: $lines lines"
	done)"

none_of "every header begins with its name and what it is" "$(
	for header in $(product_files | grep '\.h$'); do
		stem=${header##*/}
		stem=${stem%.h}
		sed -n '1{/^\/\*$/!q};2p' "$header" |
			grep -q "^ \* $stem - [^ ]" || echo "$header"
	done)"

done_testing
