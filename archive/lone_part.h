/*
 * lone_part - a tar object of its own for a few small files held in memory:
 * pg_control, and the labels that the server hands out.
 */
#ifndef WALNUT_ARCHIVE_LONE_PART_H
#define WALNUT_ARCHIVE_LONE_PART_H

#include <stddef.h>

#include "archive/file_owner.h"
#include "archive/part_builder.h"
#include "common/base/attr.h"
#include "common/base/err.h"

struct lone_member {
	const char *name;
	const void *data;
	size_t len;
};

/* lone_part_store - `count` members, in one part whatever plan->part_size is.
 * They get mode 0600, `owner` and the present time. */
MUST_CHECK int lone_part_store(const struct part_plan *plan,
			       const struct file_owner *owner,
			       const struct lone_member *members, size_t count,
			       struct err *err);

#endif
