#!/bin/sh
# What the README and the manual say is what there is.

cd "$(dirname "$0")/../.." || exit 1
. tests/house/tap.sh

build=${BUILD:-build}
MAKEFLAGS='' make -s BUILD="$build" all >&2 || exit 1

# The first word of each line of the README's code block about the tree, which
# is the first block with a line that begins with archive/.
listed=$(awk '
	/^```/ { inside = !inside; if (!inside && tree) exit; block = ""; next }
	inside || /^(    |\t)/ {
		word = $1
		block = block word "\n"
		if (word == "archive/")
			tree = 1
		if (tree) { printf "%s", block; block = "" }
		next
	}
	NF > 0 { if (tree) exit; block = "" }
' README.md 2>/dev/null | grep '^[A-Za-z0-9_.-][A-Za-z0-9_./-]*/$')

# Folders that hold something git knows or would add.
folders=$(git ls-files --cached --others --exclude-standard |
	grep -v '^\.' | grep / | awk -F/ '{ print $1 "/"
		if (NF > 2) print $1 "/" $2 "/" }' | LC_ALL=C sort -u)

none_of "the README shows the tree" "$(
	[ -n "$listed" ] ||
	echo "README.md has no code block with a line that begins with archive/")"

none_of "every folder in the README exists" "$(
	for folder in $listed; do
		[ -d "$folder" ] || echo "$folder"
	done)"

# Folders inside another may be left out, but then all of them.
none_of "every folder is in the README" "$(
	for folder in $folders; do
		parent=${folder%/}
		case $parent in
		*/*) echo "$listed" | grep -q "^${parent%/*}/." || continue ;;
		esac
		echo "$listed" | grep -qxF "$folder" || echo "$folder"
	done)"

programs=$(find archive restore tools -name '*-*.c' | sed 's|.*/||;s|\.c$||' |
	LC_ALL=C sort)

none_of "every program has a page" "$(
	for program in $programs; do
		[ -f "man/$program.1" ] || echo "man/$program.1"
	done)"

none_of "every page of section 1 has a program" "$(
	for page in man/*.1; do
		[ -f "$page" ] || continue
		name=${page##*/}
		echo "$programs" | grep -qxF "${name%.1}" || echo "$page"
	done)"

# Long options, one a line with the dashes, of what --help prints under the
# heading $2 of program $1.
help_options()
{
	"$build/bin/$1" --help | awk -v heading="$2" '
		/^[^ ]/ { inside = index($0, heading) == 1 }
		inside && match($0, /--[a-z0-9-]+/) {
			print substr($0, RSTART, RLENGTH)
		}' | LC_ALL=C sort -u
}

# The same of a page's list items: ".It Fl v , Fl -verbose".
page_options()
{
	[ -f "$1" ] || return
	grep '^\.It' "$1" | sed 's/Fl -/--/g' | tr ' ,' '\n\n' |
		grep '^--[a-z0-9]' | LC_ALL=C sort -u
}

# What program $1's page says besides or does not say of its own options. Those
# of all programs may stand in walnut(7), the settings in walnut.conf(5).
compare_options()
{
	own=$(help_options "$1" "Options:")
	common=$(help_options "$1" "Options of all programs:")
	settings=$(help_options "$1" "Settings")
	page=$(page_options "man/$1.1")
	everywhere=$(page_options man/walnut.7)
	for option in $own; do
		echo "$page" | grep -qxF -e "$option" ||
			echo "man/$1.1 lacks $option"
	done
	for option in $common; do
		printf '%s\n%s\n' "$page" "$everywhere" |
			grep -qxF -e "$option" ||
			echo "man/$1.1 and man/walnut.7 lack $option"
	done
	for option in $page; do
		printf '%s\n%s\n%s\n' "$own" "$common" "$settings" |
			grep -qxF -e "$option" ||
			echo "man/$1.1 has $option, $1 --help does not"
	done
}

none_of "each page has the options of its program" "$(
	for program in $programs; do
		compare_options "$program"
	done)"

# The table's rows, and the keys that are known besides.
known=$(grep -o '"WALNUT_[A-Z][A-Z_]*"' common/tool/settings_table.c |
	tr -d '"' | LC_ALL=C sort -u)
told=$(grep -o 'WALNUT_[A-Z][A-Z_]*' man/walnut.conf.5 2>/dev/null |
	LC_ALL=C sort -u)

none_of "every setting is in walnut.conf(5)" "$(
	for key in $known; do
		echo "$told" | grep -qxF "$key" || echo "$key"
	done)"

none_of "every setting in walnut.conf(5) exists" "$(
	for key in $told; do
		echo "$known" | grep -qxF "$key" || echo "$key"
	done)"

# Defaults as the programs know them: "--timeout TIME  ... (default: 60s)".
none_of "walnut.conf(5) has the defaults" "$(
	for program in $programs; do
		"$build/bin/$program" --help
	done | sed -n 's/^ *--\([a-z-]*\) .*(default: \([^ )]*\))$/\1 \2/p' |
	LC_ALL=C sort -u | while read -r option default; do
		key=WALNUT_$(echo "$option" | tr 'a-z-' 'A-Z_')
		awk -v key="$key" -v default="$default" '
			/^\.It/ { inside = index($0 " ", key " ") > 0 }
			inside && index($0, default) { found = 1 }
			END { exit !found }' man/walnut.conf.5 2>/dev/null ||
			echo "$key: $default"
	done)"

none_of "the manual has no fault mandoc(1) finds" "$(
	for page in man/*.[1-8]; do
		[ -f "$page" ] && mandoc -T lint -W warning "$page"
	done)"

done_testing
