/*
 * store - where objects lie: seven verbs that every driver has.
 *
 * An object has a name ("wal_005/000000010000000000000001.zst": components
 * separated by "/", never leaving the root, none beginning with ".") and bytes
 * that never change. It appears whole or not at all. All verbs but store_free
 * may be called by several threads at once.
 *
 * Errors, the same for all drivers: ERR_ABSENT only when the store itself said
 * that there is no such object; ERR_DENIED; ERR_UNREACHABLE whenever the answer
 * is not known; ERR_EXISTS from a put of a name that is taken; ERR_SYSTEM when
 * the store is full; ERR_DAMAGED when fewer bytes came than were announced;
 * ERR_REFUSED for a name no object can have. Messages name the object with the
 * store's URL in front, those of a sink that is fed by store_get included.
 */
#ifndef WALNUT_STORE_STORE_H
#define WALNUT_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "common/base/attr.h"
#include "common/base/err.h"
#include "common/stream/sink.h"

enum store_put_mode {
	STORE_NEW,     /* ERR_EXISTS if the name is taken */
	STORE_REPLACE, /* for the few objects that are rewritten: a heartbeat */
};

/* A size hint when the size is not known before. */
#define STORE_SIZE_UNKNOWN UINT64_MAX

/* The length for "up to the end". */
#define STORE_TO_END UINT64_MAX

struct store_object {
	const char *name;         /* from the root; a directory ends in "/" */
	uint64_t size;            /* bytes; 0 for a directory */
	struct timespec modified; /* by the store's clock; for people and for
				     sweeping only, never for decisions about
				     what is newest */
};

/* Return 0 to go on, 1 to end the listing, -1 on error. Borrows object. */
typedef int (*store_each_fn)(void *context, const struct store_object *object,
			     struct err *err);

enum store_depth {
	STORE_DEEP,    /* all objects below the prefix */
	STORE_SHALLOW, /* names up to the next "/" only, each once */
};

struct store;

struct store_ops {
	struct sink *(*put)(struct store *store, const char *name,
			    enum store_put_mode mode, uint64_t size_hint,
			    struct err *err);
	int (*get)(struct store *store, const char *name, uint64_t offset,
		   uint64_t len, struct sink *to, struct err *err);
	int (*stat)(struct store *store, const char *name,
		    struct store_object *object, struct err *err);
	int (*list)(struct store *store, const char *prefix, const char *after,
		    enum store_depth depth, store_each_fn each, void *context,
		    struct err *err);
	int (*remove)(struct store *store, const char *const *names,
		      size_t count, struct err *err);
	int (*sweep)(struct store *store, uint64_t age_ms, bool dry,
		     store_each_fn each, void *context, struct err *err);
	void (*free)(struct store *store);
};

/* Drivers embed this as their first member. */
struct store {
	const struct store_ops *ops;
	const char *url; /* for messages and receipts; without secrets */
	bool local;      /* a question costs no round trip */
};

/*
 * store_put - a sink for the bytes of a new object; its finish makes the object
 * durable and visible. `size_hint` is the exact number of bytes that will come,
 * or STORE_SIZE_UNKNOWN. The store must outlive the sink.
 * Ownership: returns; release with sink_free.
 * Errors: ERR_EXISTS may come at once or at finish; what exists is durable by
 * then. ERR_DAMAGED at finish when another number of bytes has come.
 */
MUST_CHECK struct sink *store_put(struct store *store, const char *name,
				  enum store_put_mode mode, uint64_t size_hint,
				  struct err *err);

/* store_put_bytes - put a small object in one go. */
MUST_CHECK int store_put_bytes(struct store *store, const char *name,
			       enum store_put_mode mode, const void *data,
			       size_t len, struct err *err);

/*
 * store_get - push `len` bytes of the object from `offset` on into `to`, which
 * is not finished.
 * Errors: ERR_ABSENT; ERR_DAMAGED when the object is shorter than
 * offset + len, or than offset if len is STORE_TO_END.
 */
MUST_CHECK int store_get(struct store *store, const char *name, uint64_t offset,
			 uint64_t len, struct sink *to, struct err *err);

/* store_get_bytes - append a whole small object to `buf`, whose limit holds and
 * which is unchanged after an error. */
MUST_CHECK int store_get_bytes(struct store *store, const char *name,
			       struct buf *buf, struct err *err);

/* store_stat - size and time; object->name is the pointer passed in.
 * Errors: ERR_ABSENT. */
MUST_CHECK int store_stat(struct store *store, const char *name,
			  struct store_object *object, struct err *err);

/*
 * store_list - objects whose names begin with `prefix` ("" for all) and come
 * after `after` ("" for the beginning), in byte order of their names.
 * A prefix under which nothing lies is an empty list, but a root that is not
 * there is ERR_UNREACHABLE: it may just not be mounted. A listing that fails
 * halfway returns -1, never a short list. A shallow listing shows only
 * directories that hold an object; "dir/" is compared with `after` as it is.
 */
MUST_CHECK int store_list(struct store *store, const char *prefix,
			  const char *after, enum store_depth depth,
			  store_each_fn each, void *context, struct err *err);

/*
 * store_remove - remove objects, in the order given, also if the system
 * crashes in between; one that is not there counts as removed. After an error,
 * some may be gone.
 */
MUST_CHECK int store_remove(struct store *store, const char *const *names,
			    size_t count, struct err *err);

/*
 * store_sweep - remove what interrupted puts have left behind and no name leads
 * to (drafts, unfinished uploads), if it is older than `age_ms`; `each` is told
 * of every one that is gone (may be NULL). `dry`: only tell.
 */
MUST_CHECK int store_sweep(struct store *store, uint64_t age_ms, bool dry,
			   store_each_fn each, void *context, struct err *err);

/* store_free - release. NULL is fine. */
void store_free(struct store *store);

/*
 * store_open - the driver for a URL: "file:///path", with %XX for bytes that a
 * URL cannot carry; or an absolute path as it is.
 * Ownership: returns; release with store_free.
 * Errors: ERR_USAGE for a URL that does not parse or whose scheme no driver
 * serves, naming those that are.
 */
MUST_CHECK struct store *store_open(const char *url, struct err *err);

#endif
