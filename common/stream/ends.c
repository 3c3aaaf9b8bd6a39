#include "common/stream/ends.h"

#include <stdlib.h>

/* Memory. */

struct memory {
	struct sink sink;
	struct buf *buf;
};

static int
memory_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct memory *memory = (struct memory *)sink;

	return buf_append(memory->buf, data, len, err);
}

/* For the ends that have nothing to commit. */
static int
finish_nothing(struct sink *sink, struct err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

/* For the ends that own nothing but themselves. */
static void
free_alone(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops memory_ops = {
    .name = "memory",
    .write = memory_write,
    .finish = finish_nothing,
    .free = free_alone,
};

struct sink *
ends_memory(struct buf *buf, struct err *err)
{
	struct memory *memory = malloc(sizeof(*memory));

	if (memory == NULL) {
		err_memory(err);
		return NULL;
	}
	sink_init(&memory->sink, &memory_ops);
	memory->buf = buf;
	return &memory->sink;
}

/* A draft. */

struct drafting {
	struct sink sink;
	struct draft *draft;
	enum draft_mode mode;
};

static int
drafting_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct drafting *drafting = (struct drafting *)sink;

	return draft_write(drafting->draft, data, len, err);
}

static int
drafting_finish(struct sink *sink, struct err *err)
{
	struct drafting *drafting = (struct drafting *)sink;

	return draft_commit(drafting->draft, drafting->mode, err);
}

static void
drafting_free(struct sink *sink)
{
	struct drafting *drafting = (struct drafting *)sink;

	draft_free(drafting->draft);
	free(drafting);
}

static const struct sink_ops drafting_ops = {
    .name = "file",
    .write = drafting_write,
    .finish = drafting_finish,
    .free = drafting_free,
};

struct sink *
ends_draft(struct draft *draft, enum draft_mode mode, struct err *err)
{
	struct drafting *drafting = malloc(sizeof(*drafting));

	if (drafting == NULL) {
		draft_free(draft);
		err_memory(err);
		return NULL;
	}
	sink_init(&drafting->sink, &drafting_ops);
	drafting->draft = draft;
	drafting->mode = mode;
	return &drafting->sink;
}

/* Nowhere. */

static int
nowhere_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	(void)sink;
	(void)data;
	(void)len;
	(void)err;
	return 0;
}

static const struct sink_ops nowhere_ops = {
    .name = "nowhere",
    .write = nowhere_write,
    .finish = finish_nothing,
    .free = free_alone,
};

struct sink *
ends_nowhere(struct err *err)
{
	struct sink *sink = malloc(sizeof(*sink));

	if (sink == NULL) {
		err_memory(err);
		return NULL;
	}
	sink_init(sink, &nowhere_ops);
	return sink;
}

/* A pipe that lives longer. */

struct lent {
	struct sink sink;
	struct sink *next;
};

static int
lent_write(struct sink *sink, const void *data, size_t len, struct err *err)
{
	struct lent *lent = (struct lent *)sink;

	return sink_write(lent->next, data, len, err);
}

static const struct sink_ops lent_ops = {
    .name = "lent",
    .write = lent_write,
    .finish = finish_nothing,
    .free = free_alone,
};

struct sink *
ends_keep_open(struct sink *next, struct err *err)
{
	struct lent *lent = malloc(sizeof(*lent));

	if (lent == NULL) {
		err_memory(err);
		return NULL;
	}
	sink_init(&lent->sink, &lent_ops);
	lent->next = next;
	return &lent->sink;
}
