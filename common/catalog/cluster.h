/*
 * cluster - which cluster a store belongs to: cluster.json.
 *
 * The first push creates it. What was learned is remembered in the state
 * directory, bound to the store's URL, so that later pushes need not ask; a
 * local store is asked all the same, since that costs nothing and finds a file
 * system that is not mounted.
 */
#ifndef WALNUT_CATALOG_CLUSTER_H
#define WALNUT_CATALOG_CLUSTER_H

#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/store/store.h"

/*
 * cluster_claim - make sure that the store is `system_identifier`'s, creating
 * cluster.json if there is none. `state_directory` may be NULL; one that cannot
 * be read or written costs only the memory.
 * Errors: ERR_REFUSED names both identifiers; ERR_UNREACHABLE when cluster.json
 * was there before and has gone; ERR_DAMAGED: it is sealed (json_seal.h).
 */
MUST_CHECK int cluster_claim(struct store *store, const char *state_directory,
			     uint64_t system_identifier, struct err *err);

/* cluster_read - whose the store is. Errors: ERR_ABSENT when nobody has
 * claimed it (WAL-G's archives are not claimed); ERR_DAMAGED. */
MUST_CHECK int cluster_read(struct store *store, uint64_t *system_identifier,
			    struct err *err);

#endif
