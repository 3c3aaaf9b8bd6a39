#include "common/base/queue.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct queue {
	size_t length;    /* items it has room for */
	size_t item_size; /* bytes */

	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t room;  /* an item was taken, or aborted */
	pthread_cond_t news;  /* an item came, or closed, or aborted */
	uint8_t *items;       /* a ring */
	size_t first;         /* index of the oldest item */
	size_t count;         /* items in it */
	bool closed;
	bool aborted;
};

/* The initialisers below cannot fail with default attributes on the systems we
 * build for, and lock and signal fail only on misuse. */
struct queue *
queue_new(size_t length, size_t item_size, struct err *err)
{
	struct queue *queue = NULL;

	if (length == 0 || item_size == 0) {
		err_set(err, ERR_SYSTEM,
			"a queue needs room for at least one item");
		return NULL;
	}
	/* calloc would refuse the product too, but some checkers then end the
	 * program. */
	if (length > SIZE_MAX / item_size)
		goto fail;
	queue = calloc(1, sizeof *queue);
	if (queue == NULL)
		goto fail;
	queue->items = calloc(length, item_size);
	if (queue->items == NULL)
		goto fail;
	queue->length = length;
	queue->item_size = item_size;
	(void)pthread_mutex_init(&queue->lock, NULL);
	(void)pthread_cond_init(&queue->room, NULL);
	(void)pthread_cond_init(&queue->news, NULL);
	return queue;
fail:
	free(queue);
	err_memory(err);
	return NULL;
}

static void *
item_at(struct queue *queue, size_t place)
{
	size_t index = (queue->first + place) % queue->length;

	return queue->items + index * queue->item_size;
}

int
queue_push(struct queue *queue, const void *item, struct err *err)
{
	int result = 0;

	(void)pthread_mutex_lock(&queue->lock);
	while (queue->count == queue->length && !queue->aborted &&
	       !queue->closed)
		(void)pthread_cond_wait(&queue->room, &queue->lock);
	if (queue->aborted) {
		result = err_set(err, ERR_STOPPED, "stopped");
	} else if (queue->closed) {
		/* Nobody may be left to take it. */
		result = err_set(err, ERR_SYSTEM, "the queue is closed");
	} else {
		memcpy(item_at(queue, queue->count), item, queue->item_size);
		queue->count++;
		(void)pthread_cond_signal(&queue->news);
	}
	(void)pthread_mutex_unlock(&queue->lock);
	return result;
}

int
queue_pop(struct queue *queue, void *item, struct err *err)
{
	int result = 0;

	(void)pthread_mutex_lock(&queue->lock);
	while (queue->count == 0 && !queue->closed && !queue->aborted)
		(void)pthread_cond_wait(&queue->news, &queue->lock);
	if (queue->aborted) {
		result = err_set(err, ERR_STOPPED, "stopped");
	} else if (queue->count > 0) {
		memcpy(item, item_at(queue, 0), queue->item_size);
		queue->first = (queue->first + 1) % queue->length;
		queue->count--;
		(void)pthread_cond_signal(&queue->room);
		result = 1;
	}
	(void)pthread_mutex_unlock(&queue->lock);
	return result;
}

/* Sets one of the two flags and lets everybody see. */
static void
announce(struct queue *queue, bool *flag)
{
	(void)pthread_mutex_lock(&queue->lock);
	*flag = true;
	(void)pthread_cond_broadcast(&queue->room);
	(void)pthread_cond_broadcast(&queue->news);
	(void)pthread_mutex_unlock(&queue->lock);
}

void
queue_close(struct queue *queue)
{
	announce(queue, &queue->closed);
}

void
queue_abort(struct queue *queue)
{
	announce(queue, &queue->aborted);
}

void
queue_free(struct queue *queue, void (*drop)(void *item))
{
	size_t i;

	if (queue == NULL)
		return;
	for (i = 0; drop != NULL && i < queue->count; i++)
		drop(item_at(queue, i));
	(void)pthread_cond_destroy(&queue->news);
	(void)pthread_cond_destroy(&queue->room);
	(void)pthread_mutex_destroy(&queue->lock);
	free(queue->items);
	free(queue);
}
