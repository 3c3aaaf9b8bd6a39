/*
 * target - where recovery is to end, as the user said it.
 */
#ifndef WALNUT_RESTORE_TARGET_H
#define WALNUT_RESTORE_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/tool/tool.h"

enum target_kind {
	TARGET_END,       /* the end of the archive */
	TARGET_IMMEDIATE, /* as soon as the backup is consistent */
	TARGET_TIME,
	TARGET_LSN,
	TARGET_NAME,
	TARGET_XID,
};

/* Which timeline to follow; numbers are timelines. */
#define TARGET_TIMELINE_LATEST 0
#define TARGET_TIMELINE_CURRENT UINT32_MAX /* the backup's own */

struct target {
	enum target_kind kind;
	const char *text;     /* the value as given; NULL for END, IMMEDIATE */
	struct timespec time; /* TARGET_TIME */
	uint64_t lsn;         /* TARGET_LSN */
	bool exclusive;       /* stop just before it */
	uint32_t timeline;
	const char *action; /* "pause", "promote", "shutdown"; NULL: default */
	bool standby;       /* standby.signal rather than recovery.signal */
};

/*
 * target_read - from the options --target-*, --standby.
 * Ownership: target keeps the options' texts.
 * Errors: ERR_USAGE: more than one target, values that do not parse, an action
 * or --target-exclusive without a target it could apply to.
 */
MUST_CHECK int target_read(const struct tool_run *run, struct target *target,
			   struct err *err);

#endif
