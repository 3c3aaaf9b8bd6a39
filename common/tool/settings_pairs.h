/*
 * settings_pairs - every KEY=value there is, of the environment and the file,
 * in the order in which they win.
 */
#ifndef WALNUT_TOOL_SETTINGS_PAIRS_H
#define WALNUT_TOOL_SETTINGS_PAIRS_H

#include <stddef.h>

#include "common/base/attr.h"
#include "common/base/err.h"

/* The bytes are the pairs' own and never change. */
struct settings_pair {
	char *key;
	char *value;
	unsigned line; /* of the file, from 1; 0: from the environment */
};

struct settings_pairs {
	struct settings_pair *pair;
	size_t count;
	size_t capacity;
	char *path; /* of the file; NULL when there is none */
};

/* Room for where a pair stands, with its NUL. */
#define SETTINGS_PAIRS_WHERE_SIZE 256

/* settings_pairs_add - append one; the texts are copied. `key_len` bytes of
 * `key` and `value_len` of `value` are taken. */
MUST_CHECK int settings_pairs_add(struct settings_pairs *pairs, const char *key,
				  size_t key_len, const char *value,
				  size_t value_len, unsigned line,
				  struct err *err);

/* settings_pairs_add_environment - append all of an environ. */
MUST_CHECK int settings_pairs_add_environment(struct settings_pairs *pairs,
					      char *const *environment,
					      struct err *err);

/* settings_pairs_find - the first pair of that key whose value is not empty,
 * or NULL. Borrowed. */
const struct settings_pair *
settings_pairs_find(const struct settings_pairs *pairs, const char *key);

/* settings_pairs_where - "/etc/walnut/walnut.conf:3: KEY" or "environment:
 * KEY", for messages. */
void settings_pairs_where(const struct settings_pairs *pairs,
			  const struct settings_pair *pair,
			  char where[SETTINGS_PAIRS_WHERE_SIZE]);

/* settings_pairs_free - release what it holds; it is empty afterwards. */
void settings_pairs_free(struct settings_pairs *pairs);

#endif
