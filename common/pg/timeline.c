#include "common/pg/timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg/lsn.h"

/* Longest text of the two numbers and the blanks between that is looked at;
 * the reason that follows them may be of any length. */
#define ENTRY_SIZE 64

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* The decimal timeline at *at, which moves behind it. 0 when there is none. */
static uint32_t
parse_number(const char **at)
{
	uint64_t number = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++) {
		number = number * 10 + (uint64_t)(**at - '0');
		if (number > UINT32_MAX)
			return 0;
	}
	return (uint32_t)number;
}

/* "<timeline> <LSN> [<reason>]", any blanks between, as the server's sscanf
 * takes it. */
static int
parse_entry(const char *line, size_t len, struct timeline_switch *entry)
{
	char text[ENTRY_SIZE];
	const char *at = text;
	size_t lsn_len = 0;
	char lsn[LSN_TEXT_SIZE];
	struct err ignored;

	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, line, len);
	text[len] = '\0';
	entry->timeline = parse_number(&at);
	if (entry->timeline == 0 || !is_blank(*at))
		return -1;
	while (is_blank(*at))
		at++;
	while (at[lsn_len] != '\0' && !is_blank(at[lsn_len]))
		lsn_len++;
	if (lsn_len >= sizeof(lsn))
		return -1;
	memcpy(lsn, at, lsn_len);
	lsn[lsn_len] = '\0';
	return lsn_parse(lsn, &entry->end, &ignored);
}

static int
add(struct timeline_history *history, struct timeline_switch entry,
    struct err *err)
{
	struct timeline_switch *grown =
	    realloc(history->switches, (history->count + 1) * sizeof(*grown));

	if (!grown)
		return err_memory(err);
	grown[history->count++] = entry;
	history->switches = grown;
	return 0;
}

/* Whether the entry may follow those that are there. */
static int
check_order(const struct timeline_history *history,
	    struct timeline_switch entry, size_t number, struct err *err)
{
	const struct timeline_switch *last = NULL;

	if (history->count > 0)
		last = &history->switches[history->count - 1];
	if (entry.timeline >= history->timeline)
		return err_set(err, ERR_DAMAGED,
			       "history of timeline %" PRIu32 ": line %zu: "
			       "timeline %" PRIu32 " is not below it",
			       history->timeline, number, entry.timeline);
	if (last && entry.timeline <= last->timeline)
		return err_set(err, ERR_DAMAGED,
			       "history of timeline %" PRIu32 ": line %zu: "
			       "timeline %" PRIu32 " follows %" PRIu32,
			       history->timeline, number, entry.timeline,
			       last->timeline);
	if (last && entry.end < last->end)
		return err_set(err, ERR_DAMAGED,
			       "history of timeline %" PRIu32 ": line %zu: "
			       "the switch point lies before the one above",
			       history->timeline, number);
	return 0;
}

static int
parse_line(struct timeline_history *history, const char *line, size_t len,
	   size_t number, struct err *err)
{
	struct timeline_switch entry;

	while (len > 0 && is_blank(*line)) {
		line++;
		len--;
	}
	if (len == 0 || *line == '#')
		return 0;
	if (memchr(line, '\0', len) || parse_entry(line, len, &entry) == -1)
		return err_set(err, ERR_DAMAGED,
			       "history of timeline %" PRIu32 ": line %zu is "
			       "not a timeline and its switch point",
			       history->timeline, number);
	if (check_order(history, entry, number, err) == -1)
		return -1;
	return add(history, entry, err);
}

static int
parse_lines(struct timeline_history *history, const char *text, size_t len,
	    struct err *err)
{
	for (size_t number = 1; len > 0; number++) {
		const char *end = memchr(text, '\n', len);
		size_t line_len;

		/* The server ends every line. One that is not ended is cut
		 * short, and half of an LSN is an LSN too. */
		if (!end)
			return err_set(err, ERR_DAMAGED,
				       "history of timeline %" PRIu32 ": line "
				       "%zu is cut short",
				       history->timeline, number);
		line_len = (size_t)(end - text);
		if (parse_line(history, text, line_len, number, err) == -1)
			return -1;
		text += line_len + 1;
		len -= line_len + 1;
	}
	return 0;
}

int
timeline_parse(uint32_t timeline, const char *text, size_t len,
	       struct timeline_history *history, struct err *err)
{
	*history = (struct timeline_history){.timeline = timeline};
	if (timeline == 0)
		return err_set(err, ERR_DAMAGED, "there is no timeline 0");
	if (parse_lines(history, text, len, err) == -1)
		goto fail;
	/* Only the first timeline comes from nowhere. */
	if (timeline > 1 && history->count == 0) {
		(void)err_set(err, ERR_DAMAGED,
			      "history of timeline %" PRIu32 " names no "
			      "timeline it came from",
			      timeline);
		goto fail;
	}
	return 0;
fail:
	timeline_free(history);
	return -1;
}

bool
timeline_passes(const struct timeline_history *history, uint32_t timeline,
		uint64_t lsn)
{
	if (timeline == history->timeline)
		return true;
	for (size_t i = 0; i < history->count; i++)
		if (history->switches[i].timeline == timeline)
			return lsn <= history->switches[i].end;
	return false;
}

uint32_t
timeline_at(const struct timeline_history *history, uint64_t lsn)
{
	for (size_t i = 0; i < history->count; i++)
		if (lsn < history->switches[i].end)
			return history->switches[i].timeline;
	return history->timeline;
}

uint64_t
timeline_end(const struct timeline_history *history, uint32_t timeline)
{
	if (timeline == history->timeline)
		return UINT64_MAX;
	for (size_t i = 0; i < history->count; i++)
		if (history->switches[i].timeline == timeline)
			return history->switches[i].end;
	return 0;
}

void
timeline_free(struct timeline_history *history)
{
	free(history->switches);
	history->switches = NULL;
	history->count = 0;
}
