#include "archive/relation_name.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "common/base/path.h"

/* A number from 1 on that fits 32 bits. Returns what follows it, or NULL. */
static const char *
read_number(const char *text, uint32_t *number)
{
	uint64_t value = 0;

	if (*text < '1' || *text > '9')
		return NULL;
	for (; isdigit((unsigned char)*text); text++) {
		value = value * 10 + (uint64_t)(*text - '0');
		if (value > UINT32_MAX)
			return NULL;
	}
	*number = (uint32_t)value;
	return text;
}

static const char *
read_fork(const char *text, enum relation_fork *fork)
{
	static const struct {
		const char *suffix;
		enum relation_fork fork;
	} forks[] = {
	    {"_fsm", RELATION_FREE_SPACE},
	    {"_vm", RELATION_VISIBILITY},
	    {"_init", RELATION_INIT},
	};

	*fork = RELATION_MAIN;
	for (size_t i = 0; i < sizeof forks / sizeof *forks; i++) {
		size_t len = strlen(forks[i].suffix);

		if (strncmp(text, forks[i].suffix, len) == 0) {
			*fork = forks[i].fork;
			return text + len;
		}
	}
	return text;
}

int
relation_name_parse(const char *name, struct relation_name *relation)
{
	const char *rest = read_number(name, &relation->number);

	if (rest == NULL)
		return -1;
	rest = read_fork(rest, &relation->fork);
	relation->segment = 0;
	if (*rest == '.')
		rest = read_number(rest + 1, &relation->segment);
	return rest != NULL && *rest == '\0' ? 0 : -1;
}

static size_t
count_digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* The server takes leading zeros here; so do we, since a file that it would
 * remove at the next start is of no use to anyone. */
bool
relation_name_temporary(const char *name)
{
	enum relation_fork fork;
	size_t digits;

	if (*name++ != 't')
		return false;
	digits = count_digits(name);
	if (digits == 0 || name[digits] != '_')
		return false;
	name += digits + 1;
	digits = count_digits(name);
	if (digits == 0)
		return false;
	name = read_fork(name + digits, &fork);
	if (*name == '.') {
		digits = count_digits(name + 1);
		if (digits == 0)
			return false;
		name += 1 + digits;
	}
	return *name == '\0';
}

bool
relation_name_digits(const char *text)
{
	return *text != '\0' && text[count_digits(text)] == '\0';
}

/* Steps over "<digits>/" at the beginning, or returns NULL. */
static const char *
skip_digits_and_slash(const char *path)
{
	size_t digits = count_digits(path);

	if (digits == 0 || path[digits] != '/')
		return NULL;
	return path + digits + 1;
}

static bool
holds_relations(const char *path)
{
	if (strcmp(path, "global") == 0)
		return true;
	if (strncmp(path, "base/", 5) == 0)
		return relation_name_digits(path + 5);
	if (strncmp(path, "pg_tblspc/", 10) != 0)
		return false;
	path = skip_digits_and_slash(path + 10);
	if (path == NULL || strncmp(path, "PG_", 3) != 0)
		return false;
	path = strchr(path, '/');
	return path != NULL && relation_name_digits(path + 1);
}

/* No directory of relations has a longer path than the buffer takes. */
bool
relation_name_place(const char *path)
{
	char directory[128];
	size_t len = (size_t)(path_base(path) - path);

	if (len == 0 || len > sizeof directory)
		return false;
	memcpy(directory, path, len - 1);
	directory[len - 1] = '\0';
	return holds_relations(directory);
}
