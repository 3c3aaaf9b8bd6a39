/*
 * part_builder - members of a backup packed into tar objects of a bounded size.
 *
 *	tar -> compress -> encrypt -> tally -> store
 *
 * An object is begun with the first member that has no room in the one before,
 * and put under its name whole. One builder belongs to one thread.
 */
#ifndef WALNUT_ARCHIVE_PART_BUILDER_H
#define WALNUT_ARCHIVE_PART_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/catalog/object_name.h"
#include "common/store/store.h"
#include "common/stream/pipeline.h"
#include "common/stream/tally.h"
#include "common/stream/tar_header.h"

/* Members of a part at most, whose names are held in memory. */
#define PART_MEMBERS_MAX 20000

struct part_member {
	const char *name; /* as in the tar */
	bool is_file;
	uint64_t size; /* bytes */
	struct timespec modified;
	uint32_t crc32c; /* of a file's content */
};

/* A part that lies in the store. */
struct part {
	const char *object;
	uint64_t tar_size;   /* bytes */
	struct tally stored; /* of the object */
	const struct part_member *members;
	size_t count;
};

struct part_plan {
	struct store *store;
	const struct pipeline *pipeline;
	uint64_t part_size; /* bytes of tar at which a part is closed */
	/* Names the next part when it is begun; several builders may ask at the
	 * same time. */
	void (*name)(void *context, char object[OBJECT_NAME_SIZE]);
	/* Is told of each part once it is stored; likewise. Borrows part. */
	int (*done)(void *context, const struct part *part, struct err *err);
	void *context;
};

struct part_builder;

/* part_builder_new - Ownership: keeps plan; returns; release with
 * part_builder_free. */
MUST_CHECK struct part_builder *part_builder_new(const struct part_plan *plan,
						 struct err *err);

/* part_builder_member - begin a member; the one before was ended. Copies. */
MUST_CHECK int part_builder_member(struct part_builder *builder,
				   const struct tar_member *member,
				   struct err *err);

/* part_builder_data - content of the member, exactly its size in all. A
 * data_file_fn with the builder as its context. */
MUST_CHECK int part_builder_data(void *builder, const void *data, size_t len,
				 struct err *err);

/* part_builder_end - the member is complete; `crc32c` is that of its content.
 * Closes the part if it is full. */
MUST_CHECK int part_builder_end(struct part_builder *builder, uint32_t crc32c,
				struct err *err);

/* part_builder_close - store what has been begun; nothing begun, nothing
 * stored. */
MUST_CHECK int part_builder_close(struct part_builder *builder,
				  struct err *err);

/* part_builder_free - release; abandons what is not closed. NULL is fine. */
void part_builder_free(struct part_builder *builder);

#endif
