#include "tests/unit/failing_sink.h"

#include <stdlib.h>

struct failing {
	struct sink sink;
	struct failing_sink *plan;
};

static int
count(struct failing_sink *plan, struct err *err)
{
	plan->calls++;
	if (plan->calls == plan->fail_at)
		return err_set(err, plan->kind, "%s", plan->message);
	return 0;
}

static int
failing_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct failing_sink *plan = ((struct failing *)sink)->plan;

	if (plan->last > 0 &&
	    (plan->shortest == 0 || plan->last < plan->shortest))
		plan->shortest = plan->last;
	plan->last = len;
	if (count(plan, err) != 0)
		return -1;
	if (plan->bytes == NULL)
		return 0;
	return buf_append(plan->bytes, data, len, err);
}

static int
failing_finish(struct sink *sink, struct err *err)
{
	struct failing_sink *plan = ((struct failing *)sink)->plan;

	if (count(plan, err) != 0)
		return -1;
	plan->finished++;
	return 0;
}

static void
failing_free(struct sink *sink)
{
	((struct failing *)sink)->plan->freed++;
	free(sink);
}

static const struct sink_ops failing_ops = {
    .name = "failing",
    .write = failing_write,
    .finish = failing_finish,
    .free = failing_free,
};

struct sink *
failing_sink_new(struct failing_sink *plan, struct err *err)
{
	struct failing *failing = malloc(sizeof(*failing));

	if (failing == NULL) {
		err_memory(err);
		return NULL;
	}
	sink_init(&failing->sink, &failing_ops);
	failing->plan = plan;
	return &failing->sink;
}
