/*
 * store_driver - one store of each kind, for tests that all of them must pass.
 */
#ifndef WALNUT_UNIT_STORE_DRIVER_H
#define WALNUT_UNIT_STORE_DRIVER_H

#include "common/base/err.h"
#include "common/store/faulty_store.h"
#include "common/store/store.h"

/* Loop tests count through them. */
enum store_driver_kind {
	STORE_DRIVER_MEMORY,
	STORE_DRIVER_FILE,
	STORE_DRIVER_FAULTLESS, /* a faulty store without a fault in its plan */
	STORE_DRIVER_KINDS,
};

struct store_driver {
	struct store *store;
	struct err err;
	struct faulty_plan plan;
	char *scratch; /* where a file store lies */
};

/* store_driver_open - an empty store, or the test is aborted. */
void store_driver_open(struct store_driver *driver, int kind);

/* store_driver_close - with all that is in it. */
void store_driver_close(struct store_driver *driver);

/* store_driver_put - a new object; abort the test if that fails. */
void store_driver_put(struct store_driver *driver, const char *name,
		      const char *text);

/* store_driver_expect - abort the test unless the object has these bytes. */
void store_driver_expect(struct store_driver *driver, const char *name,
			 const char *text);

/* store_driver_expect_error - abort the test unless the last error is of this
 * kind and its message begins with the store's URL and the object's name.
 * Forgets the error. */
void store_driver_expect_error(struct store_driver *driver, enum err_kind kind,
			       const char *name);

/* store_driver_count - a store_each_fn that adds 1 to the int `context`. */
int store_driver_count(void *context, const struct store_object *object,
		       struct err *err);

#endif
