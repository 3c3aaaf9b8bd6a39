/*
 * data_file - one file of a running cluster, read as a base backup needs it.
 *
 * The file may grow, shrink or be written while it is read; replay of the WAL
 * repairs that. What must hold is its size: exactly the one announced, filled
 * up with zeros where the file has become shorter.
 */
#ifndef WALNUT_ARCHIVE_DATA_FILE_H
#define WALNUT_ARCHIVE_DATA_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "archive/rate_limit.h"
#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/tool/progress.h"

/* Bytes read at a time: a multiple of every page size. */
#define DATA_FILE_CHUNK (256 * 1024)

/* How the files of a backup are read; shared by all threads. */
struct data_file_rules {
	bool verify;         /* page checksums */
	uint32_t block_size; /* bytes in a page */
	uint32_t relation_segment;
	uint64_t start_lsn;           /* pages changed after it may be torn */
	struct rate_limit *limit;     /* may be NULL */
	struct progress *progress;    /* may be NULL */
	const atomic_bool *cancelled; /* set: give up with ERR_STOPPED */
};

/* A file to read. */
struct data_file {
	int fd;
	const char *path; /* for messages and warnings */
	uint64_t size;    /* bytes, from fstat */
	bool pages;       /* it is a relation's */
	uint32_t segment; /* its number */
};

/* What was found while reading. */
struct data_file_result {
	uint32_t crc32c;   /* of exactly what was handed on */
	uint64_t broken;   /* pages that fail their check */
	uint64_t late_lsn; /* the highest on a page that fails its check but
			      says that replay will repair it; 0 for none */
};

/* Takes the content, piece by piece. */
typedef int (*data_file_fn)(void *context, const void *data, size_t len,
			    struct err *err);

/*
 * data_file_read - hand exactly file->size bytes to `each`. Broken pages are
 * read again, then counted, with a warning for the first five of a file; they
 * are no error here. `chunk` is room for DATA_FILE_CHUNK bytes.
 * Errors: of reading; of `each`; ERR_STOPPED.
 */
MUST_CHECK int data_file_read(const struct data_file *file,
			      const struct data_file_rules *rules,
			      uint8_t *chunk, data_file_fn each, void *context,
			      struct data_file_result *result, struct err *err);

#endif
