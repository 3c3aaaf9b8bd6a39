#!/bin/sh
# Who may include whom, and how files are named.

cd "$(dirname "$0")/../.." || exit 1
. tests/house/tap.sh

files=$(product_files)
all=$(product_files; test_files)

# "file included", one a line, for includes in quotes. With /dev/null, grep
# names the file even if there is only one.
includes_of()
{
	# Unquoted: no name of ours has a blank.
	grep -H '^#[[:space:]]*include[[:space:]]*"' $1 /dev/null |
		sed 's/^\([^:]*\):[^"]*"\([^"]*\)".*/\1 \2/'
}

none_of "no source lies directly in common/" "$(ls common/*.[ch] 2>/dev/null)"

none_of "ours are included by their full path" "$(includes_of "$all" |
	while read -r file included; do
		case $included in
		*/*) [ -f "$included" ] ||
			echo "$file: \"$included\" is not there" ;;
		*) echo "$file: \"$included\" has no folder" ;;
		esac
	done)"

none_of "none of ours is included in angle brackets" "$(
	grep -n '^#[[:space:]]*include[[:space:]]*<\(archive\|common\|restore\|tools\|tests\)/' $all /dev/null)"

# Each floor's number; store and pg share one and so must not meet.
none_of "a floor includes only itself and those below it" "$(
	includes_of "$files" | awk '
	BEGIN {
		floor["base"] = 1; floor["stream"] = 2; floor["store"] = 3
		floor["pg"] = 3; floor["catalog"] = 4; floor["tool"] = 5
	}
	{
		split($1, from, "/"); split($2, to, "/")
		if (from[1] != "common" || to[1] != "common")
			next
		if (!(from[2] in floor))
			print $1 ": " from[2] " is not a floor"
		else if (from[2] != to[2] && floor[to[2]] >= floor[from[2]])
			print $1 " includes " $2
	}')"

none_of "common/ does not know who uses it" "$(includes_of "$files" |
	grep '^common/.* \(archive\|restore\|tools\|tests\)/')"

none_of "archive/, restore/ and tools/ do not include each other" "$(
	includes_of "$files" | awk '
	{
		split($1, from, "/"); split($2, to, "/")
		if (from[1] != "common" && to[1] != "common" &&
		    from[1] != to[1])
			print $1 " includes " $2
	}')"

# store_open.c may be the part of store.h that knows the drivers: a header
# whose name begins the file's own, up to an underscore, will do.
none_of "a part includes its own header first" "$(
	for file in $(echo "$files" | grep '\.c$' | grep -v '/[^/]*-[^/]*$'); do
		first=$(sed -n 's/^#include *//p' "$file" | head -n 1 | tr -d '"')
		stem=${file%.c}
		while [ "$first" != "$stem.h" ]; do
			case ${stem##*/} in
			*_*) stem=${stem%_*} ;;
			*) echo "$file includes $first first"; break ;;
			esac
		done
	done)"

# One that declares no function, or has them inline, needs none.
none_of "every header has its .c file" "$(
	for header in $(echo "$files" | grep '\.h$'); do
		[ -f "${header%.h}.c" ] && continue
		grep -q '^static inline' "$header" && continue
		grep -q '^[A-Za-z].*(' "$header" && echo "$header"
	done)"

none_of "programs have a hyphen and lie where programs lie" "$(
	echo "$files" | grep '/[^/]*-[^/]*$' |
	grep -v '^\(archive\|restore\|tools\)/[a-z0-9]*\(-[a-z0-9]*\)*\.c$')"

none_of "parts are named in lower case with underscores" "$(
	echo "$files" | grep -v '/[^/]*-[^/]*$' | grep -v '/[a-z][a-z0-9_]*\.[ch]$')"

none_of "file names are unique in the tree" "$(
	echo "$all" | sed 's|.*/||' | LC_ALL=C sort | uniq -d)"

none_of "no file is named util, misc, helper or common" "$(
	echo "$all" | grep -i '/\([^/]*[-_]\)\{0,1\}\(util\|misc\|helper\|common\)s\{0,1\}\([-_][^/]*\)\{0,1\}\.[ch]$')"

none_of "include guards are named after floor and file" "$(
	for header in $(echo "$files" | grep '\.h$'); do
		guard=$(echo "${header%.h}" | sed 's|^common/||' |
			tr 'a-z/' 'A-Z_')
		grep -q "^#ifndef WALNUT_${guard}_H\$" "$header" ||
			echo "$header: WALNUT_${guard}_H"
	done)"

done_testing
