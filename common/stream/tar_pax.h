/*
 * tar_pax - the records of a pax extended header, both ways.
 *
 * A record is "<length> <key>=<value>\n", its length counted from its own first
 * digit to the newline.
 *
 * Source: POSIX.1-2008, pax, "pax Extended Header".
 */
#ifndef WALNUT_STREAM_TAR_PAX_H
#define WALNUT_STREAM_TAR_PAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/buf.h"
#include "common/base/err.h"

/* Extended headers longer than this are neither written nor read. */
#define TAR_PAX_MAX ((size_t)1024 * 1024)

enum tar_pax_key {
	TAR_PAX_PATH,
	TAR_PAX_LINKPATH,
	TAR_PAX_UNAME,
	TAR_PAX_GNAME,
	TAR_PAX_TEXTS, /* how many keys so far have a text as their value */
	TAR_PAX_SIZE = TAR_PAX_TEXTS,
	TAR_PAX_UID,
	TAR_PAX_GID,
	TAR_PAX_MTIME,
};

/* What the records read so far say about the next member. */
struct tar_pax {
	unsigned given; /* a bit, 1 << key, for every key with a value */
	bool sparse;    /* its content is a map and pieces, not the file */
	struct buf text[TAR_PAX_TEXTS];
	uint64_t size; /* bytes */
	uint32_t uid;
	uint32_t gid;
	struct timespec modified;
};

/* tar_pax_init - nothing given; release with tar_pax_free. */
void tar_pax_init(struct tar_pax *pax);

/* tar_pax_clear - forget everything that was given. */
void tar_pax_clear(struct tar_pax *pax);

void tar_pax_free(struct tar_pax *pax);

/* tar_pax_given - whether `key` has a value. */
bool tar_pax_given(const struct tar_pax *pax, enum tar_pax_key key);

/* tar_pax_choose - the text given for `key`, else `otherwise`. Borrowed. */
const char *tar_pax_choose(const struct tar_pax *pax, enum tar_pax_key key,
			   const char *otherwise);

/* tar_pax_set_text - give `key`, one of the texts, a value.
 * Errors: ERR_DAMAGED for a NUL inside and for more than TAR_NAME_MAX bytes. */
MUST_CHECK int tar_pax_set_text(struct tar_pax *pax, enum tar_pax_key key,
				const char *value, size_t len, struct err *err);

/*
 * tar_pax_read - take every record in `data`. Later ones win, an empty value
 * takes back what was given, keys unknown here are passed over.
 * Errors: ERR_DAMAGED.
 */
MUST_CHECK int tar_pax_read(struct tar_pax *pax, const char *data, size_t len,
			    struct err *err);

/* tar_pax_write_text, _number, _time - append one record to `records`. */
MUST_CHECK int tar_pax_write_text(struct buf *records, enum tar_pax_key key,
				  const char *value, struct err *err);
MUST_CHECK int tar_pax_write_number(struct buf *records, enum tar_pax_key key,
				    uint64_t value, struct err *err);
MUST_CHECK int tar_pax_write_time(struct buf *records, enum tar_pax_key key,
				  const struct timespec *value,
				  struct err *err);

#endif
