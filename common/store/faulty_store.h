/*
 * faulty_store - another store with failures put in, for tests.
 *
 * Every verb counts as one call, and so does every write and finish of a put's
 * sink, every chunk of a get and every object listed. A call that fails has
 * not reached the other store.
 */
#ifndef WALNUT_STORE_FAULTY_STORE_H
#define WALNUT_STORE_FAULTY_STORE_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/store/store.h"

/* What goes wrong; 0 in a count means never. Change it between calls only. */
struct faulty_plan {
	uint64_t fail_call; /* the call that fails, from 1; later ones work */
	uint64_t fail_from; /* this call and all after it fail */
	enum err_kind kind; /* with this kind; ERR_NONE is ERR_UNREACHABLE */
	uint64_t flip_bit;  /* bit flipped in every object got, from 1: bit 1 is
			       the lowest bit of the first byte */
	uint64_t cut_at;    /* bytes after which every object got ends without
			       an error, from 1 */
	uint64_t calls;     /* counted here */
};

/* faulty_store_new - Ownership: takes inner, keeps plan, returns; release with
 * store_free. */
MUST_CHECK struct store *faulty_store_new(struct store *inner,
					  struct faulty_plan *plan,
					  struct err *err);

#endif
