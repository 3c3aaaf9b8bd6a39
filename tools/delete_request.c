#include "tools/delete_request.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/base/units.h"
#include "common/catalog/object_name.h"

/* Takes the next word if it is `wanted`. */
static bool
take(const char *const **words, size_t *count, const char *wanted)
{
	if (*count == 0 || strcmp(**words, wanted) != 0)
		return false;
	(*words)++;
	(*count)--;
	return true;
}

static int
one_word(const char *verb, const char *what, size_t count, struct err *err)
{
	if (count == 1)
		return 0;
	return err_set(err, ERR_USAGE, "%s: expected %s%s", verb, what,
		       count == 0 ? "" : " and nothing behind it");
}

static int
read_retain(const char *const *words, size_t count,
	    struct retention_request *request, struct err *err)
{
	uint64_t number;

	request->verb = RETENTION_RETAIN;
	if (take(&words, &count, "FULL"))
		request->mode = RETENTION_FULL;
	else if (take(&words, &count, "FIND_FULL"))
		request->mode = RETENTION_FIND_FULL;
	if (one_word("retain", "the number of backups to keep", count, err) !=
	    0)
		return -1;
	if (units_parse_number(words[0], 1, 1000000, &number, err) != 0)
		return err_context(err, "retain");
	request->count = (size_t)number;
	return 0;
}

static int
read_before(const char *const *words, size_t count,
	    struct retention_request *request, struct err *err)
{
	struct backup_name name;

	request->verb = RETENTION_BEFORE;
	if (take(&words, &count, "FIND_FULL"))
		request->mode = RETENTION_FIND_FULL;
	if (one_word("before", "a backup's name or a time", count, err) != 0)
		return -1;
	if (backup_name_parse(words[0], &name) == 0) {
		request->name = words[0];
		return 0;
	}
	if (clock_parse(words[0], &request->time, err) != 0)
		return err_context(err, "before: neither a backup's name nor");
	return 0;
}

static int
read_target(const char *const *words, size_t count,
	    struct retention_request *request, struct err *err)
{
	request->verb = RETENTION_TARGET;
	if (take(&words, &count, "FIND_FULL"))
		request->mode = RETENTION_FIND_FULL;
	if (one_word("target", "a backup's name", count, err) != 0)
		return -1;
	request->name = words[0];
	return 0;
}

int
delete_request_read(const char *const *words, size_t count,
		    struct retention_request *request, struct err *err)
{
	const char *verb = words[0];

	memset(request, 0, sizeof *request);
	if (take(&words, &count, "retain"))
		return read_retain(words, count, request, err);
	if (take(&words, &count, "before"))
		return read_before(words, count, request, err);
	if (take(&words, &count, "target"))
		return read_target(words, count, request, err);
	if (take(&words, &count, "everything")) {
		request->verb = RETENTION_EVERYTHING;
		request->force = take(&words, &count, "FORCE");
	} else if (take(&words, &count, "garbage")) {
		request->verb = RETENTION_GARBAGE;
	} else {
		(void)err_set(err, ERR_USAGE, "%s: no such request", verb);
		return err_hint(err, "one of retain, before, target, "
				     "everything, garbage");
	}
	if (count > 0)
		return err_set(err, ERR_USAGE, "%s: unexpected \"%s\"", verb,
			       words[0]);
	return 0;
}
