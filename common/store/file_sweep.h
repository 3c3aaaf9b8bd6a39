/*
 * file_sweep - removing what interrupted puts have left in a file store.
 */
#ifndef WALNUT_STORE_FILE_SWEEP_H
#define WALNUT_STORE_FILE_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/store/file_root.h"
#include "common/store/store.h"

/*
 * file_sweep_drafts - as store_sweep. Looks where drafts can be: in the
 * directory of drafts, in the root, and in the directories right below it.
 * Their age counts from the last byte written. A draft's name may carry a
 * process id, but that process may live on another host, so it says nothing.
 */
MUST_CHECK int file_sweep_drafts(const struct file_root *root, uint64_t age_ms,
				 bool dry, store_each_fn each, void *context,
				 struct err *err);

#endif
