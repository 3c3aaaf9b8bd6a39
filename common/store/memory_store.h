/*
 * memory_store - objects in memory: the reference for what a driver does, and
 * what tests use where no disk is needed.
 */
#ifndef WALNUT_STORE_MEMORY_STORE_H
#define WALNUT_STORE_MEMORY_STORE_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/store/store.h"

/* memory_store_new - Ownership: returns; release with store_free. */
MUST_CHECK struct store *memory_store_new(struct err *err);

/* memory_store_count - number of objects, while no other thread changes it. */
size_t memory_store_count(const struct store *store);

#endif
