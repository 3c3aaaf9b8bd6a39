#include "restore/target.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/units.h"
#include "common/pg/lsn.h"

static const struct {
	const char *option;
	enum target_kind kind;
} kinds[] = {
    {"target-time", TARGET_TIME},           {"target-lsn", TARGET_LSN},
    {"target-name", TARGET_NAME},           {"target-xid", TARGET_XID},
    {"target-immediate", TARGET_IMMEDIATE},
};

static int
read_kind(const struct tool_run *run, struct target *target, struct err *err)
{
	const char *chosen = NULL;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (!tool_has(run, kinds[i].option))
			continue;
		if (chosen != NULL)
			return err_set(err, ERR_USAGE,
				       "--%s and --%s: there can be only one "
				       "target",
				       chosen, kinds[i].option);
		chosen = kinds[i].option;
		target->kind = kinds[i].kind;
		target->text = tool_value(run, chosen);
	}
	return 0;
}

/* The server reads these texts between quotes from a line of its settings. */
static int
check_name(const char *text, struct err *err)
{
	if (*text == '\0' || strlen(text) > 63 || strpbrk(text, "\r\n") != NULL)
		return err_set(err, ERR_USAGE,
			       "--target-name: a restore point's name has 1 to "
			       "63 bytes on one line");
	return 0;
}

static int
read_value(struct target *target, struct err *err)
{
	uint64_t xid;

	switch (target->kind) {
	case TARGET_TIME:
		return clock_parse(target->text, &target->time, err);
	case TARGET_LSN:
		return lsn_parse(target->text, &target->lsn, err);
	case TARGET_XID:
		return units_parse_number(target->text, 3, UINT64_MAX, &xid,
					  err);
	case TARGET_NAME:
		return check_name(target->text, err);
	default:
		return 0;
	}
}

static int
read_timeline(const char *text, struct target *target, struct err *err)
{
	uint64_t number;
	char *end;

	if (text == NULL || strcmp(text, "latest") == 0) {
		target->timeline = TARGET_TIMELINE_LATEST;
		return 0;
	}
	if (strcmp(text, "current") == 0) {
		target->timeline = TARGET_TIMELINE_CURRENT;
		return 0;
	}
	/* PostgreSQL takes hexadecimal too, since history files' names are. */
	number = strtoull(text, &end, 0);
	if (*text < '0' || *text > '9' || *end != '\0' || number == 0 ||
	    number >= UINT32_MAX)
		return err_set(err, ERR_USAGE,
			       "--target-timeline=%s: expected \"latest\", "
			       "\"current\" or a timeline's number",
			       text);
	target->timeline = (uint32_t)number;
	return 0;
}

static int
read_action(const char *text, struct target *target, struct err *err)
{
	if (text == NULL)
		return 0;
	if (strcmp(text, "pause") != 0 && strcmp(text, "promote") != 0 &&
	    strcmp(text, "shutdown") != 0)
		return err_set(err, ERR_USAGE,
			       "--target-action=%s: expected pause, promote or "
			       "shutdown",
			       text);
	if (target->kind == TARGET_END)
		return err_set(err, ERR_USAGE,
			       "--target-action needs a target: at the end of "
			       "the archive the server always opens");
	target->action = text;
	return 0;
}

int
target_read(const struct tool_run *run, struct target *target, struct err *err)
{
	memset(target, 0, sizeof *target);
	target->kind = TARGET_END;
	if (read_kind(run, target, err) != 0 || read_value(target, err) != 0)
		return -1;
	target->exclusive = tool_has(run, "target-exclusive");
	if (target->exclusive &&
	    (target->kind == TARGET_END || target->kind == TARGET_IMMEDIATE ||
	     target->kind == TARGET_NAME))
		return err_set(err, ERR_USAGE,
			       "--target-exclusive goes with --target-time, "
			       "--target-lsn or --target-xid");
	target->standby = tool_has(run, "standby");
	if (read_timeline(tool_value(run, "target-timeline"), target, err) != 0)
		return -1;
	return read_action(tool_value(run, "target-action"), target, err);
}
