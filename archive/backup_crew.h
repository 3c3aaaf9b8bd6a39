/*
 * backup_crew - the data directory read and packed by several threads: one
 * walks, the others read and build parts, and the caller's keeps watch.
 */
#ifndef WALNUT_ARCHIVE_BACKUP_CREW_H
#define WALNUT_ARCHIVE_BACKUP_CREW_H

#include <stdatomic.h>
#include <stdint.h>

#include "archive/data_file.h"
#include "archive/file_owner.h"
#include "archive/heartbeat.h"
#include "archive/part_builder.h"
#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/pg/backup_label.h"
#include "common/pg/control_file.h"

struct backup_crew {
	const char *directory;
	const struct control_file *control;
	const struct tablespace_map *tablespaces; /* those to be entered */
	struct data_file_rules rules; /* `cancelled` is set by the crew */
	const struct part_plan *parts;
	const struct file_owner *owner;
	unsigned workers;
	struct heartbeat *heartbeat;
};

/* What the page checks have found in all files. */
struct backup_findings {
	uint64_t broken;   /* pages */
	uint64_t late_lsn; /* data_file_result's, the highest of all files */
	char late_path[TAR_NAME_MAX + 1]; /* in which file */
};

/*
 * backup_crew_run - from the first file to the last part.
 * Errors: the first that any thread had; the heartbeat's; ERR_STOPPED.
 */
MUST_CHECK int backup_crew_run(const struct backup_crew *crew,
			       struct backup_findings *findings,
			       struct err *err);

/* backup_findings_judge - whether the pages were fit for a backup that ended at
 * `end_lsn`. Errors: ERR_DAMAGED with their number. */
MUST_CHECK int backup_findings_judge(const struct backup_findings *findings,
				     uint64_t end_lsn, struct err *err);

#endif
