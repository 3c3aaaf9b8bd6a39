/*
 * queue - items handed from one thread to others, in order, a bounded number
 * at a time.
 */
#ifndef WALNUT_BASE_QUEUE_H
#define WALNUT_BASE_QUEUE_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"

struct queue;

/*
 * queue_new - a queue of at most `length` items of `item_size` bytes each.
 * Items are copied in and out by value; what they point to changes hands.
 * Ownership: returns; release with queue_free.
 */
MUST_CHECK struct queue *queue_new(size_t length, size_t item_size,
				   struct err *err);

/* queue_push - wait for room and add one item.
 * Errors: ERR_STOPPED when the queue was aborted, ERR_SYSTEM when it is closed;
 * the item is still yours. */
MUST_CHECK int queue_push(struct queue *queue, const void *item,
			  struct err *err);

/* queue_pop - wait for an item. Returns 1 with *item filled, 0 when the queue
 * is closed and empty, -1 (ERR_STOPPED) when it was aborted. */
MUST_CHECK int queue_pop(struct queue *queue, void *item, struct err *err);

/* queue_close - no more items will come. */
void queue_close(struct queue *queue);

/* queue_abort - wake everyone with ERR_STOPPED. */
void queue_abort(struct queue *queue);

/* queue_free - release the queue; `drop` (may be NULL) is called with each
 * item still in it. No thread may be using it. NULL is fine. */
void queue_free(struct queue *queue, void (*drop)(void *item));

#endif
