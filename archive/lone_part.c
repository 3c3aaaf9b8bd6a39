#include "archive/lone_part.h"

#include <sys/stat.h>

#include "common/base/clock.h"
#include "common/base/crc32c.h"

static int
add_member(struct part_builder *builder, const struct file_owner *owner,
	   const struct lone_member *lone, struct err *err)
{
	struct tar_member member = {
	    .name = lone->name,
	    .target = "",
	    .type = TAR_FILE,
	    .size = lone->len,
	    .mode = S_IRUSR | S_IWUSR,
	    .uid = owner->uid,
	    .gid = owner->gid,
	    .modified = clock_now(),
	    .user = owner->user,
	    .group = owner->group,
	};

	if (part_builder_member(builder, &member, err) != 0 ||
	    part_builder_data(builder, lone->data, lone->len, err) != 0)
		return -1;
	return part_builder_end(builder,
				crc32c_update(0, lone->data, lone->len), err);
}

int
lone_part_store(const struct part_plan *plan, const struct file_owner *owner,
		const struct lone_member *members, size_t count,
		struct err *err)
{
	struct part_plan alone = *plan;
	struct part_builder *builder;
	int failed = -1;

	alone.part_size = UINT64_MAX;
	builder = part_builder_new(&alone, err);
	if (builder == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (add_member(builder, owner, &members[i], err) != 0)
			goto out;
	}
	failed = part_builder_close(builder, err);
out:
	part_builder_free(builder);
	return failed;
}
