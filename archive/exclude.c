#include "archive/exclude.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "archive/relation_name.h"
#include "common/base/path.h"

/* What lies in them is rebuilt at every start; "pg_wal" is not among them,
 * since it is one only at the top. */
static const char *const emptied[] = {
    "pg_stat_tmp", "pg_replslot",  "pg_dynshmem", "pg_notify",
    "pg_serial",   "pg_snapshots", "pg_subtrans",
};

static const char *const skipped_names[] = {
    "postgresql.auto.conf.tmp",
    "current_logfiles.tmp",
    "backup_label",
    "tablespace_map",
    "backup_manifest",
    "postmaster.pid",
    "postmaster.opts",
    ".DS_Store",
};

static const char *const skipped_prefixes[] = {
    "pg_internal.init",
    "pgsql_tmp",
};

static bool
is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static bool
has_skipped_prefix(const char *name)
{
	size_t count = sizeof skipped_prefixes / sizeof *skipped_prefixes;

	for (size_t i = 0; i < count; i++) {
		const char *prefix = skipped_prefixes[i];

		if (strncmp(name, prefix, strlen(prefix)) == 0)
			return true;
	}
	return false;
}

enum exclude_verdict
exclude_entry(const char *path, bool holds_entries)
{
	const char *name = path_base(path);

	if (is_one_of(name, skipped_names,
		      sizeof skipped_names / sizeof *skipped_names) ||
	    has_skipped_prefix(name) || strcmp(path, "global/pg_control") == 0)
		return EXCLUDE_SKIP;
	if (relation_name_temporary(name) && relation_name_place(path))
		return EXCLUDE_SKIP;
	if (!holds_entries)
		return EXCLUDE_KEEP;
	if (strcmp(path, "pg_wal") == 0 ||
	    is_one_of(name, emptied, sizeof emptied / sizeof *emptied))
		return EXCLUDE_CONTENTS;
	return EXCLUDE_KEEP;
}

bool
exclude_if_unlogged(const char *path, char init[EXCLUDE_INIT_SIZE])
{
	struct relation_name relation;

	if (relation_name_parse(path_base(path), &relation) != 0 ||
	    relation.fork == RELATION_INIT || !relation_name_place(path))
		return false;
	(void)snprintf(init, EXCLUDE_INIT_SIZE, "%" PRIu32 "_init",
		       relation.number);
	return true;
}
