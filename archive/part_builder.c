#include "archive/part_builder.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/stream/tar_writer.h"

/* Bytes of names at which a part is closed: far more than 20,000 members of a
 * cluster need, and a bound should somebody keep very long names there. */
#define NAMES_SOFT_MAX ((size_t)8 * 1024 * 1024)
#define NAMES_MAX (NAMES_SOFT_MAX + TAR_NAME_MAX + 1)

struct part_builder {
	const struct part_plan *plan;
	struct tar_writer *tar; /* NULL between parts */
	struct tally stored;
	char object[OBJECT_NAME_SIZE];
	struct part_member *members; /* with names once the part is complete */
	size_t count;
	size_t capacity;
	struct buf names; /* one after another, each with its NUL */
};

struct part_builder *
part_builder_new(const struct part_plan *plan, struct err *err)
{
	struct part_builder *builder = calloc(1, sizeof(*builder));

	if (builder == NULL) {
		err_memory(err);
		return NULL;
	}
	builder->plan = plan;
	builder->names = (struct buf)BUF_INIT(NAMES_MAX);
	return builder;
}

static int
begin_part(struct part_builder *builder, struct err *err)
{
	const struct part_plan *plan = builder->plan;
	struct sink *sink;

	plan->name(plan->context, builder->object);
	sink = store_put(plan->store, builder->object, STORE_NEW,
			 STORE_SIZE_UNKNOWN, err);
	if (sink != NULL)
		sink = tally_sink(&builder->stored, sink, err);
	if (sink != NULL)
		sink = pipeline_out(plan->pipeline, sink, err);
	if (sink == NULL)
		return -1;
	builder->tar = tar_writer_new(sink, err);
	return builder->tar != NULL ? 0 : -1;
}

static int
make_room(struct part_builder *builder, struct err *err)
{
	size_t capacity = builder->capacity > 0 ? 2 * builder->capacity : 256;
	struct part_member *grown;

	if (builder->count < builder->capacity)
		return 0;
	grown = realloc(builder->members, capacity * sizeof(*grown));
	if (grown == NULL)
		return err_memory(err);
	builder->members = grown;
	builder->capacity = capacity;
	return 0;
}

int
part_builder_member(struct part_builder *builder,
		    const struct tar_member *member, struct err *err)
{
	struct part_member *kept;

	if (builder->tar == NULL && begin_part(builder, err) != 0)
		return -1;
	if (make_room(builder, err) != 0 ||
	    buf_append(&builder->names, member->name, strlen(member->name) + 1,
		       err) != 0)
		return -1;
	kept = &builder->members[builder->count++];
	*kept = (struct part_member){
	    .is_file = member->type == TAR_FILE,
	    .size = member->size,
	    .modified = member->modified,
	};
	return tar_writer_member(builder->tar, member, err);
}

int
part_builder_data(void *builder, const void *data, size_t len, struct err *err)
{
	struct part_builder *self = builder;

	return tar_writer_data(self->tar, data, len, err);
}

int
part_builder_end(struct part_builder *builder, uint32_t crc32c, struct err *err)
{
	builder->members[builder->count - 1].crc32c = crc32c;
	if (tar_writer_size(builder->tar) < builder->plan->part_size &&
	    builder->count < PART_MEMBERS_MAX &&
	    builder->names.len < NAMES_SOFT_MAX)
		return 0;
	return part_builder_close(builder, err);
}

/* Only now, when the names no longer move. */
static void
set_names(struct part_builder *builder)
{
	const char *name = builder->names.data;

	for (size_t i = 0; i < builder->count; i++) {
		builder->members[i].name = name;
		name += strlen(name) + 1;
	}
}

int
part_builder_close(struct part_builder *builder, struct err *err)
{
	struct part part = {.object = builder->object};

	if (builder->tar == NULL)
		return 0;
	if (tar_writer_finish(builder->tar, err) != 0)
		return -1;
	part.tar_size = tar_writer_size(builder->tar);
	part.stored = builder->stored;
	set_names(builder);
	part.members = builder->members;
	part.count = builder->count;
	if (builder->plan->done(builder->plan->context, &part, err) != 0)
		return -1;
	tar_writer_free(builder->tar);
	builder->tar = NULL;
	builder->count = 0;
	buf_clear(&builder->names);
	return 0;
}

void
part_builder_free(struct part_builder *builder)
{
	if (builder == NULL)
		return;
	tar_writer_free(builder->tar);
	buf_free(&builder->names);
	free(builder->members);
	free(builder);
}
