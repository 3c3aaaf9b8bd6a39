/*
 * unpack - members of one part become files, each checked as it is written.
 */
#ifndef WALNUT_RESTORE_UNPACK_H
#define WALNUT_RESTORE_UNPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/stream/sink.h"
#include "common/tool/progress.h"
#include "restore/manifest_index.h"

/* The one file that a server cannot start without. */
#define UNPACK_CONTROL_FILE "global/pg_control"

/* What all parts of a restore share; nothing in it changes meanwhile but the
 * index, the progress and the counters behind their own locks. */
struct unpack_to {
	const char *directory;        /* NULL: check only, write nothing */
	struct manifest_index *index; /* NULL: there is no manifest */
	struct progress *progress;    /* NULL: none */
};

/*
 * unpack_part - a sink for a part's tar stream. pg_control is never written
 * here: its content is appended to `control`, or, where that is NULL, only
 * checked. Files are not flushed; place_sync does that for all.
 * Symbolic links are skipped with a warning: no cluster needs one from an
 * archive, and a hostile one would lead out of the directory.
 * Ownership: keeps to and control; returns.
 */
MUST_CHECK struct sink *unpack_part(const struct unpack_to *to,
				    struct buf *control, struct err *err);

#endif
