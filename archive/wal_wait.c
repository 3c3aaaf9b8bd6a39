#include "archive/wal_wait.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/units.h"

#define POLL_FIRST_MS 200
#define POLL_LAST_MS 2000
#define TELL_FIRST_MS (5 * 1000)
#define TELL_AGAIN_MS (30 * 1000)

/* Room for what the archiver says. */
#define ARCHIVER_SIZE 256

struct waiting {
	const struct wal_wait *wait;
	uint64_t missing;          /* segments, at the last look */
	char first[WAL_NAME_SIZE]; /* the first of them */
	uint64_t progress_ms;      /* when something came last */
	uint64_t tell_ms;          /* when to tell next */
	struct err problem;        /* of the last look */
};

/* What the server knows about its archiver's failures, "" for nothing. */
static void
ask_archiver(struct connection *connection, char text[ARCHIVER_SIZE])
{
	struct err err = {0};
	struct rows *rows = NULL;

	text[0] = '\0';
	if (connection != NULL)
		rows = connection_query(
		    connection,
		    "SELECT last_failed_wal, last_failed_time, failed_count"
		    " FROM pg_stat_archiver WHERE failed_count > 0",
		    0, NULL, &err);
	if (rows != NULL && rows_count(rows) == 1)
		(void)snprintf(text, ARCHIVER_SIZE,
			       "; archiving failed %s times, last %s at %s",
			       rows_value(rows, 0, 2), rows_value(rows, 0, 0),
			       rows_value(rows, 0, 1));
	rows_free(rows);
}

static void
tell(struct waiting *waiting, uint64_t now)
{
	char archiver[ARCHIVER_SIZE];

	if (now < waiting->tell_ms)
		return;
	waiting->tell_ms = now + TELL_AGAIN_MS;
	ask_archiver(waiting->wait->connection, archiver);
	if (waiting->problem.kind != ERR_NONE)
		log_notice("waiting for archived WAL: %s%s",
			   waiting->problem.message, archiver);
	else
		log_notice("waiting for %s to be archived, %" PRIu64
			   " segment%s missing%s",
			   waiting->first, waiting->missing,
			   waiting->missing == 1 ? "" : "s", archiver);
}

/* Returns 1 when everything is there, 0 when not yet or not known. */
static int
look(struct waiting *waiting, uint64_t now)
{
	uint64_t missing = 0;
	struct err problem = {0};

	if (wal_archive_missing(waiting->wait->store, waiting->wait->range,
				&missing, waiting->first, &problem) != 0) {
		waiting->problem = problem;
		return 0;
	}
	/* What was written into it on the way to success is no problem. */
	waiting->problem.kind = ERR_NONE;
	if (missing < waiting->missing)
		waiting->progress_ms = now;
	waiting->missing = missing;
	return missing == 0;
}

static int
give_up(const struct waiting *waiting, struct err *err)
{
	char patience[UNITS_TEXT_SIZE];
	char archiver[ARCHIVER_SIZE];

	if (waiting->problem.kind != ERR_NONE) {
		*err = waiting->problem;
		return err_context(err, "wait for archived WAL");
	}
	units_format_duration(waiting->wait->patience_ms, patience);
	ask_archiver(waiting->wait->connection, archiver);
	err_set(err, ERR_UNREACHABLE,
		"%s was not archived within %s, %" PRIu64
		" segment%s missing%s",
		waiting->first, patience, waiting->missing,
		waiting->missing == 1 ? "" : "s", archiver);
	return err_hint(err, "check archive_command and the server's log");
}

static int
rest(const struct wal_wait *wait, uint64_t *pause_ms, struct err *err)
{
	if (wait->heartbeat != NULL &&
	    heartbeat_beat(wait->heartbeat, err) != 0)
		return -1;
	if (clock_sleep_ms(*pause_ms, err) != 0)
		return -1;
	*pause_ms = *pause_ms * 3 / 2;
	if (*pause_ms > POLL_LAST_MS)
		*pause_ms = POLL_LAST_MS;
	return 0;
}

int
wal_wait(const struct wal_wait *wait, struct err *err)
{
	uint64_t now = clock_elapsed_ms();
	struct waiting waiting = {
	    .wait = wait,
	    .missing = UINT64_MAX,
	    .progress_ms = now,
	    .tell_ms = now + TELL_FIRST_MS,
	};
	uint64_t pause_ms = POLL_FIRST_MS;

	while (look(&waiting, now) == 0) {
		/* Problems that asking again does not mend. */
		if (waiting.problem.kind != ERR_NONE &&
		    waiting.problem.kind != ERR_UNREACHABLE) {
			*err = waiting.problem;
			return err_context(err, "wait for archived WAL");
		}
		if (now - waiting.progress_ms >= wait->patience_ms)
			return give_up(&waiting, err);
		tell(&waiting, now);
		if (rest(wait, &pause_ms, err) != 0)
			return -1;
		now = clock_elapsed_ms();
	}
	return 0;
}
