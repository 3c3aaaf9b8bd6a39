#include "common/tool/settings_pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
make_room(struct settings_pairs *pairs, struct err *err)
{
	size_t capacity = pairs->capacity == 0 ? 64 : pairs->capacity * 2;
	struct settings_pair *more;

	if (pairs->count < pairs->capacity)
		return 0;
	more = realloc(pairs->pair, capacity * sizeof(*more));
	if (more == NULL)
		return err_memory(err);
	pairs->pair = more;
	pairs->capacity = capacity;
	return 0;
}

int
settings_pairs_add(struct settings_pairs *pairs, const char *key,
		   size_t key_len, const char *value, size_t value_len,
		   unsigned line, struct err *err)
{
	struct settings_pair pair = {.line = line};

	if (make_room(pairs, err) != 0)
		return -1;
	pair.key = strndup(key, key_len);
	pair.value = strndup(value, value_len);
	if (pair.key == NULL || pair.value == NULL) {
		free(pair.key);
		free(pair.value);
		return err_memory(err);
	}
	pairs->pair[pairs->count++] = pair;
	return 0;
}

int
settings_pairs_add_environment(struct settings_pairs *pairs,
			       char *const *environment, struct err *err)
{
	for (; *environment != NULL; environment++) {
		const char *equals = strchr(*environment, '=');

		/* execve(2) passes on whatever its caller made up. */
		if (equals == NULL)
			continue;
		if (settings_pairs_add(
			pairs, *environment, (size_t)(equals - *environment),
			equals + 1, strlen(equals + 1), 0, err) != 0)
			return -1;
	}
	return 0;
}

const struct settings_pair *
settings_pairs_find(const struct settings_pairs *pairs, const char *key)
{
	size_t i;

	for (i = 0; i < pairs->count; i++) {
		const struct settings_pair *pair = &pairs->pair[i];

		if (pair->value[0] != '\0' && strcmp(pair->key, key) == 0)
			return pair;
	}
	return NULL;
}

void
settings_pairs_where(const struct settings_pairs *pairs,
		     const struct settings_pair *pair,
		     char where[SETTINGS_PAIRS_WHERE_SIZE])
{
	if (pair->line == 0)
		(void)snprintf(where, SETTINGS_PAIRS_WHERE_SIZE,
			       "environment: %s", pair->key);
	else
		(void)snprintf(where, SETTINGS_PAIRS_WHERE_SIZE, "%s:%u: %s",
			       pairs->path, pair->line, pair->key);
}

void
settings_pairs_free(struct settings_pairs *pairs)
{
	size_t i;

	for (i = 0; i < pairs->count; i++) {
		free(pairs->pair[i].key);
		free(pairs->pair[i].value);
	}
	free(pairs->pair);
	free(pairs->path);
	*pairs = (struct settings_pairs){0};
}
