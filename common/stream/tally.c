#include "common/stream/tally.h"

#include <stdlib.h>

#include "common/base/crc32c.h"

struct tallying {
	struct sink sink;
	struct sink *next;
	struct tally *tally;
};

void
tally_add(struct tally *tally, const void *data, size_t len)
{
	tally->size += len;
	tally->crc32c = crc32c_update(tally->crc32c, data, len);
}

static int
tallying_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct tallying *tallying = (struct tallying *)sink;

	tally_add(tallying->tally, data, len);
	return sink_write(tallying->next, data, len, err);
}

static int
tallying_finish(struct sink *sink, struct err *err)
{
	struct tallying *tallying = (struct tallying *)sink;

	return sink_finish(tallying->next, err);
}

static void
tallying_free(struct sink *sink)
{
	struct tallying *tallying = (struct tallying *)sink;

	sink_free(tallying->next);
	free(tallying);
}

static const struct sink_ops tallying_ops = {
    .name = "tally",
    .write = tallying_write,
    .finish = tallying_finish,
    .free = tallying_free,
};

struct sink *
tally_sink(struct tally *tally, struct sink *next, struct err *err)
{
	struct tallying *tallying = malloc(sizeof(*tallying));

	if (tallying == NULL) {
		sink_free(next);
		err_memory(err);
		return NULL;
	}
	sink_init(&tallying->sink, &tallying_ops);
	tallying->next = next;
	tallying->tally = tally;
	tally->size = 0;
	tally->crc32c = 0;
	return &tallying->sink;
}
