/*
 * Timeline histories: accepted ones are in order, answer questions without
 * contradicting themselves, and read the same after they were written.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "common/base/buf.h"
#include "common/pg/lsn.h"
#include "common/pg/timeline.h"
#include "tests/fuzz/claim.h"

static void
claim_order(const struct timeline_history *history)
{
	uint32_t timeline = 0;
	uint64_t end = 0;

	for (size_t i = 0; i < history->count; i++) {
		claim(history->switches[i].timeline > timeline,
		      "timelines increase");
		claim(history->switches[i].end >= end,
		      "switch points do not decrease");
		timeline = history->switches[i].timeline;
		end = history->switches[i].end;
		claim(timeline_end(history, timeline) == end,
		      "a timeline ends where it was left");
		claim(timeline_passes(history, timeline, end),
		      "the way passes a switch point");
		claim(timeline_passes(history, timeline_at(history, end), end),
		      "the timeline in force is on the way");
		claim(end == UINT64_MAX ||
			  !timeline_passes(history, timeline, end + 1),
		      "but nothing behind it");
	}
	claim(timeline < history->timeline, "and stay below the newest");
}

static void
claim_again(const struct timeline_history *history)
{
	struct buf text = BUF_INIT((size_t)16 << 20);
	struct timeline_history again;
	struct err err = {0};

	for (size_t i = 0; i < history->count; i++) {
		char lsn[LSN_TEXT_SIZE];

		lsn_format(history->switches[i].end, lsn);
		claim_done(buf_print(&text, &err, "%" PRIu32 "\t%s\treason\n",
				     history->switches[i].timeline, lsn),
			   &err, "it fits");
	}
	claim_done(timeline_parse(history->timeline, buf_text(&text), text.len,
				  &again, &err),
		   &err, "a history reads again");
	claim(again.count == history->count, "with as many switches");
	for (size_t i = 0; i < again.count; i++)
		claim(again.switches[i].timeline ==
			      history->switches[i].timeline &&
			  again.switches[i].end == history->switches[i].end,
		      "at the same points");
	timeline_free(&again);
	buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t timelines[] = {1, 5, UINT32_MAX};
	char *text = claim_text(data, size);

	for (size_t i = 0; i < 3; i++) {
		struct timeline_history history;
		struct err err = {0};

		if (timeline_parse(timelines[i], text, size, &history, &err)) {
			claim(err.kind == ERR_DAMAGED, "what is none is "
						       "damaged");
			continue;
		}
		claim_order(&history);
		claim_again(&history);
		timeline_free(&history);
	}
	free(text);
	return 0;
}
