#include "restore/recovery_conf.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "restore/replace_file.h"

#define CONF "postgresql.auto.conf"
#define CONF_MAX (16 * 1024 * 1024)

/* What a recovery before this one may have left, and what is written now.
 * Streaming settings stay: a standby may well need them. */
static const char *const recovery_settings[] = {
    "restore_command",           "recovery_target",
    "recovery_target_name",      "recovery_target_time",
    "recovery_target_xid",       "recovery_target_lsn",
    "recovery_target_inclusive", "recovery_target_timeline",
    "recovery_target_action",
};

#define RECOVERY_SETTINGS \
	(sizeof recovery_settings / sizeof recovery_settings[0])

/* As the server reads a line: blanks before the name, which may be written in
 * either case, and "=" or not behind it. */
static bool
is_recovery_line(const char *line, size_t len)
{
	size_t word = 0;

	while (len > 0 && isspace((unsigned char)*line)) {
		line++;
		len--;
	}
	while (word < len && (isalnum((unsigned char)line[word]) ||
			      line[word] == '_' || line[word] == '.'))
		word++;
	for (size_t i = 0; i < RECOVERY_SETTINGS; i++)
		if (strlen(recovery_settings[i]) == word &&
		    strncasecmp(recovery_settings[i], line, word) == 0)
			return true;
	return false;
}

static int
keep_other_lines(const struct buf *before, struct buf *after, struct err *err)
{
	const char *line = buf_text(before);

	while (*line != '\0') {
		size_t len = strcspn(line, "\n");

		if (!is_recovery_line(line, len) &&
		    (buf_append(after, line, len, err) != 0 ||
		     buf_append(after, "\n", 1, err) != 0))
			return -1;
		line += len;
		if (*line == '\n')
			line++;
	}
	return 0;
}

static int
add(struct buf *text, const char *name, const char *value, struct err *err)
{
	if (buf_print(text, err, "%s = '", name) != 0)
		return -1;
	for (; *value != '\0'; value++) {
		int added;

		/* Inside quotes, two stand for one, and a line cannot end. */
		if (*value == '\'' || *value == '\\')
			added = buf_print(text, err, "%c%c", *value, *value);
		else if (*value == '\n')
			added = buf_append(text, "\\n", 2, err);
		else
			added = buf_append(text, value, 1, err);
		if (added != 0)
			return -1;
	}
	return buf_append(text, "'\n", 2, err);
}

/* "2026-08-20 10:00:00.123456+00": the server knows no zone's name, not even
 * "Z", when it reads its settings. */
static void
format_time(struct timespec when, char text[CLOCK_TEXT_SIZE])
{
	char *zone;

	clock_format(when, text);
	text[strcspn(text, "T")] = ' ';
	zone = text + strcspn(text, "Z");
	(void)snprintf(zone, CLOCK_TEXT_SIZE - (size_t)(zone - text), "+00");
}

/* What postgresql.conf, which came with the backup, says of an earlier recovery
 * would end this one early without a word. */
static int
add_no_target(struct buf *text, struct err *err)
{
	static const char *const names[] = {
	    "recovery_target",      "recovery_target_name",
	    "recovery_target_xid",  "recovery_target_lsn",
	    "recovery_target_time",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (add(text, names[i], "", err) != 0)
			return -1;
	return 0;
}

/* Only the one that was asked for: the server takes even an empty second one
 * for two targets, and does not start if postgresql.conf has another. */
static int
add_target(struct buf *text, const struct target *target, struct err *err)
{
	char time[CLOCK_TEXT_SIZE];

	switch (target->kind) {
	case TARGET_END:
		return add_no_target(text, err);
	case TARGET_IMMEDIATE:
		return add(text, "recovery_target", "immediate", err);
	case TARGET_NAME:
		return add(text, "recovery_target_name", target->text, err);
	case TARGET_XID:
		return add(text, "recovery_target_xid", target->text, err);
	case TARGET_LSN:
		return add(text, "recovery_target_lsn", target->text, err);
	case TARGET_TIME:
		format_time(target->time, time);
		return add(text, "recovery_target_time", time, err);
	}
	return err_set(err, ERR_USAGE, "unknown kind of target");
}

/* How and when to stop, which means something only where there is a target. */
static int
add_manner(struct buf *text, const struct target *target, struct err *err)
{
	if (target->kind == TARGET_END)
		return 0;
	if (add(text, "recovery_target_inclusive",
		target->exclusive ? "off" : "on", err) != 0)
		return -1;
	return add(text, "recovery_target_action",
		   target->action != NULL ? target->action : "pause", err);
}

static int
add_timeline(struct buf *text, const struct target *target, uint32_t own,
	     struct err *err)
{
	char number[16];
	uint32_t timeline = target->timeline;

	if (timeline == TARGET_TIMELINE_LATEST)
		return add(text, "recovery_target_timeline", "latest", err);
	if (timeline == TARGET_TIMELINE_CURRENT)
		timeline = own;
	(void)snprintf(number, sizeof number, "%" PRIu32, timeline);
	return add(text, "recovery_target_timeline", number, err);
}

/* The server waits for nothing but one of the two, and standby.signal, which a
 * standby's backup brings along, would win. */
static int
put_signal(const char *directory, bool standby, struct err *err)
{
	static const char *const names[] = {"recovery.signal",
					    "standby.signal"};
	struct buf empty = BUF_INIT(1);
	char *other = path_join(directory, names[!standby], err);
	int result = 0;

	if (other == NULL)
		return -1;
	if (unlink(other) != 0 && errno != ENOENT)
		result = err_errno(err, errno, "%s", other);
	free(other);
	if (result != 0)
		return -1;
	return replace_file(directory, names[standby], &empty, err);
}

static int
load_conf(const char *directory, struct buf *text, struct err *err)
{
	char *path = path_join(directory, CONF, err);
	int result;

	if (path == NULL)
		return -1;
	result = file_load(path, text, err);
	free(path);
	if (result != 0 && err->kind == ERR_ABSENT)
		return 0;
	return result;
}

int
recovery_conf_write(const char *directory, const char *restore_command,
		    const struct target *target, uint32_t timeline,
		    struct err *err)
{
	struct buf before = BUF_INIT(CONF_MAX);
	struct buf after = BUF_INIT(CONF_MAX);
	int result = -1;

	if (load_conf(directory, &before, err) != 0)
		goto out;
	if (keep_other_lines(&before, &after, err) != 0)
		goto out;
	if (add(&after, "restore_command", restore_command, err) != 0 ||
	    add_target(&after, target, err) != 0 ||
	    add_manner(&after, target, err) != 0 ||
	    add_timeline(&after, target, timeline, err) != 0)
		goto out;
	if (replace_file(directory, CONF, &after, err) != 0)
		goto out;
	result = put_signal(directory, target->standby, err);
out:
	buf_free(&before);
	buf_free(&after);
	return result;
}
