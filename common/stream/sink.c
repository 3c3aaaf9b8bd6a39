#include "common/stream/sink.h"

#include <string.h>

void
sink_init(struct sink *sink, const struct sink_ops *ops)
{
	sink->ops = ops;
	sink->state = SINK_OPEN;
	sink->failure = ERR_NONE;
}

/* Remember the first failure, so that nothing after it can look like success.
 */
static int
fail(struct sink *sink, const struct err *err)
{
	sink->state = SINK_FAILED;
	sink->failure = err->kind;
	return -1;
}

static int
refuse_unless_open(const struct sink *sink, struct err *err)
{
	switch (sink->state) {
	case SINK_OPEN:
		return 0;
	case SINK_FINISHED:
		return err_set(err, ERR_SYSTEM, "%s: used after its end",
			       sink->ops->name);
	case SINK_FAILED:
		break;
	}
	/* A caller that goes on with the same err still holds the reason, which
	 * says more than we could. */
	if (err->kind == sink->failure && err->message[0] != '\0')
		return -1;
	return err_set(err, sink->failure, "%s: failed before",
		       sink->ops->name);
}

int
sink_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	if (refuse_unless_open(sink, err) != 0)
		return -1;
	if (len == 0)
		return 0;
	if (sink->ops->write(sink, data, len, err) != 0)
		return fail(sink, err);
	return 0;
}

int
sink_finish(struct sink *sink, struct err *err)
{
	if (refuse_unless_open(sink, err) != 0)
		return -1;
	if (sink->ops->finish(sink, err) != 0)
		return fail(sink, err);
	sink->state = SINK_FINISHED;
	return 0;
}

void
sink_free(struct sink *sink)
{
	if (sink != NULL)
		sink->ops->free(sink);
}

int
sink_write_text(struct sink *sink, const char *text, struct err *err)
{
	return sink_write(sink, text, strlen(text), err);
}
