/*
 * exclude - which entries of a data directory a base backup leaves out.
 *
 * The same as PostgreSQL's own base backup, versions 13 to 18.
 * Source: PostgreSQL, basebackup.c (excludeDirContents, excludeFiles, sendDir).
 */
#ifndef WALNUT_ARCHIVE_EXCLUDE_H
#define WALNUT_ARCHIVE_EXCLUDE_H

#include <stdbool.h>

enum exclude_verdict {
	EXCLUDE_KEEP,
	EXCLUDE_SKIP,     /* as if it were not there */
	EXCLUDE_CONTENTS, /* the directory is kept, what lies in it is not */
};

/*
 * exclude_entry - what becomes of the entry `path`, relative to the data
 * directory. `holds_entries`: it is a directory or a symbolic link, which for
 * some of them stands for one.
 * pg_control is skipped too: it is stored apart and last.
 */
enum exclude_verdict exclude_entry(const char *path, bool holds_entries);

/* Room for an init fork's name with its NUL: "4294967295_init". */
#define EXCLUDE_INIT_SIZE 16

/*
 * exclude_if_unlogged - whether the file `path` is a fork that a crash resets
 * if its relation is unlogged. `init` receives the name of the file whose
 * presence in the same directory tells that it is.
 */
bool exclude_if_unlogged(const char *path, char init[EXCLUDE_INIT_SIZE]);

#endif
