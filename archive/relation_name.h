/*
 * relation_name - what the file names in a database's directory say.
 *
 * Source: PostgreSQL, reinit.c (parse_filename_for_nontemp_relation), fd.c
 * (looks_like_temp_rel_name) and basebackup.c (sendDir).
 */
#ifndef WALNUT_ARCHIVE_RELATION_NAME_H
#define WALNUT_ARCHIVE_RELATION_NAME_H

#include <stdbool.h>
#include <stdint.h>

enum relation_fork {
	RELATION_MAIN,
	RELATION_FREE_SPACE, /* _fsm */
	RELATION_VISIBILITY, /* _vm */
	RELATION_INIT,       /* _init: what an unlogged one is reset to */
};

struct relation_name {
	uint32_t number;
	enum relation_fork fork;
	uint32_t segment; /* 0 for the file without a suffix */
};

/* relation_name_parse - "16384", "16384_vm", "16384.3": numbers without leading
 * zeros, segments from 1. Returns 0, or -1 when `name` is no such name. */
int relation_name_parse(const char *name, struct relation_name *relation);

/* relation_name_temporary - "t3_16384", with fork and segment as above. */
bool relation_name_temporary(const char *name);

/* relation_name_digits - whether `text` is an object's number: digits, at least
 * one, and nothing else. */
bool relation_name_digits(const char *text);

/*
 * relation_name_place - whether the file `path`, relative to the data
 * directory, lies where relations do: in "global", "base/<database>" or
 * "pg_tblspc/<oid>/PG_<version>/<database>".
 */
bool relation_name_place(const char *path);

#endif
