# tap - what the house's tests print, for prove(1) and for people.
#
# Sourced from the root of the tree. A test gathers its findings as text, one a
# line, and claims that there are none.

tap_count=0
tap_failed=0

# none_of CLAIM FINDINGS
none_of()
{
	tap_count=$((tap_count + 1))
	if [ -z "$2" ]; then
		echo "ok $tap_count - $1"
	else
		tap_failed=1
		echo "not ok $tap_count - $1"
		printf '%s\n' "$2" | sed 's/^/#   /'
	fi
}

# The last line of every test.
done_testing()
{
	echo "1..$tap_count"
	exit $tap_failed
}

# Our .c and .h files that end up in programs.
product_files()
{
	find archive common restore tools -name '*.[ch]' | LC_ALL=C sort
}

test_files()
{
	find tests contrib -name '*.[ch]' | LC_ALL=C sort
}
