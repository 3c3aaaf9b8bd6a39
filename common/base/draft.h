/*
 * draft - a file that appears under its name whole and durable, or not at all.
 *
 * A draft is written under a name of its own (".walnut.<name>.<pid>.<random>")
 * and given its final name by draft_commit. draft_free without a commit
 * removes it. A process that is killed leaves its draft behind; draft_sweep
 * removes those.
 */
#ifndef WALNUT_BASE_DRAFT_H
#define WALNUT_BASE_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/attr.h"
#include "common/base/err.h"

struct draft;

enum draft_mode {
	DRAFT_NEW,     /* link(2): ERR_EXISTS when the name is taken */
	DRAFT_REPLACE, /* rename(2) */
};

/*
 * draft_open - start the file that will be `path`, in `directory`, which must
 * be on the same file system; NULL means path's own directory.
 * Ownership: returns; release with draft_free.
 */
MUST_CHECK struct draft *draft_open(const char *path, const char *directory,
				    mode_t mode, struct err *err);

MUST_CHECK int draft_write(struct draft *draft, const void *data, size_t len,
			   struct err *err);

/* draft_fd - the open file, readable and writable, still ours. */
int draft_fd(const struct draft *draft);

/* draft_intact - whether the file still holds all that was written: false after
 * a write or a flush that failed, since the system may then have thrown bytes
 * away. */
bool draft_intact(const struct draft *draft);

/*
 * draft_commit - flush the file, give it its name, flush the directory.
 * A file that DRAFT_NEW has linked stays even if the last flush fails, since
 * others may have seen it by then; the error says so.
 */
MUST_CHECK int draft_commit(struct draft *draft, enum draft_mode mode,
			    struct err *err);

/* draft_free - release; abandons what was not committed. NULL is fine. */
void draft_free(struct draft *draft);

/*
 * draft_sweep - remove drafts in `directory` that no one works on any more:
 * those older than `age_ms`, and, if `same_host`, those whose process is gone.
 * A directory that does not exist holds none. Returns the number removed, or
 * -1.
 */
MUST_CHECK int draft_sweep(const char *directory, uint64_t age_ms,
			   int same_host, struct err *err);

#endif
