# table.awk: results (group, subject, round, wall and processor seconds, KiB;
# apart by tabs) as tables, one a group. Ratios are walnut's to the other's of
# the same round: below 1, walnut is the faster.
BEGIN { FS = "\t" }

!($1 in groups) { groups[$1]; order[++group_count] = $1 }
!(($1, $2) in seen) {
	seen[$1, $2]
	subjects[$1, ++subject_count[$1]] = $2
}
{
	wall[$1, $2, $3] = $4
	cpu[$1, $2, $3] = $5
	rss[$1, $2, $3] = $6 / 1024
	if ($3 > rounds[$1])
		rounds[$1] = $3
}

# Sets low, middle and high of the group's rounds.
function spread(values, group, subject, by,    n, i, j, v, sorted) {
	n = rounds[group]
	for (i = 1; i <= n; i++) {
		v = values[group, subject, i]
		if (by)
			v = wall[group, "walnut", i] / (v > 0 ? v : 0.001)
		for (j = i; j > 1 && sorted[j - 1] > v; j--)
			sorted[j] = sorted[j - 1]
		sorted[j] = v
	}
	low = sorted[1]
	middle = (sorted[int((n + 1) / 2)] + sorted[int(n / 2) + 1]) / 2
	high = sorted[n]
}

function row(group, subject) {
	spread(wall, group, subject, 0)
	printf "%-28s %6.0f %6.0f %6.0f", subject, low * 1000, \
		middle * 1000, high * 1000
	spread(cpu, group, subject, 0)
	printf " %7.0f", middle * 1000
	spread(rss, group, subject, 0)
	printf " %6.0f", middle
	spread(wall, group, subject, 1)
	if (subject != "walnut")
		printf "   %5.2f %5.2f %5.2f", low, middle, high
	print ""
}

END {
	for (g = 1; g <= group_count; g++) {
		group = order[g]
		printf "\n%s, %d rounds\n", group, rounds[group]
		printf "%-28s %20s %7s %6s   %s\n", "", "wall ms", "CPU ms", \
			"MiB", "walnut / this"
		printf "%-28s %6s %6s %6s %7s %6s   %5s %5s %5s\n", "", \
			"min", "median", "max", "median", "peak", "min", \
			"med", "max"
		for (s = 1; s <= subject_count[group]; s++)
			row(group, subjects[group, s])
	}
}
