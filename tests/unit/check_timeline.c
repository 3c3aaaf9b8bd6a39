#include <check.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "common/pg/timeline.h"

/* As a server writes it after two promotions: with an empty line between. */
static const char third[] = "1\t0/3000148\tno recovery target specified\n"
			    "\n"
			    "2\t0/5000000\tbefore 2026-08-20 10:00:00+00\n";

static void
parse(uint32_t timeline, const char *text, struct timeline_history *history)
{
	struct err err = {0};

	ck_assert_msg(
	    timeline_parse(timeline, text, strlen(text), history, &err) == 0,
	    "%s", err.message);
}

START_TEST(a_history_is_read_oldest_first)
{
	struct timeline_history history;

	parse(3, third, &history);
	ck_assert_uint_eq(history.timeline, 3);
	ck_assert_uint_eq(history.count, 2);
	ck_assert_uint_eq(history.switches[0].timeline, 1);
	ck_assert_uint_eq(history.switches[0].end, 0x3000148);
	ck_assert_uint_eq(history.switches[1].timeline, 2);
	ck_assert_uint_eq(history.switches[1].end, 0x5000000);
	timeline_free(&history);
	ck_assert_uint_eq(history.count, 0);
	timeline_free(&history);
}
END_TEST

START_TEST(comments_blanks_and_long_reasons_are_skipped)
{
	struct timeline_history history;
	char text[4096] = "# a comment\n  \t\n   # another\n\n  2  A/b0 ";
	size_t len = strlen(text);

	memset(text + len, 'x', 3000);
	(void)snprintf(text + len + 3000, sizeof text - len - 3000,
		       "\n\t4\t0000000A/000000B1\n");
	parse(9, text, &history);
	ck_assert_uint_eq(history.count, 2);
	ck_assert_uint_eq(history.switches[0].timeline, 2);
	ck_assert_uint_eq(history.switches[0].end, UINT64_C(0xA000000B0));
	ck_assert_uint_eq(history.switches[1].timeline, 4);
	ck_assert_uint_eq(history.switches[1].end, UINT64_C(0xA000000B1));
	timeline_free(&history);
}
END_TEST

START_TEST(the_first_timeline_has_an_empty_history)
{
	struct timeline_history history;

	parse(1, "", &history);
	ck_assert_uint_eq(history.count, 0);
	ck_assert(timeline_passes(&history, 1, UINT64_MAX));
	ck_assert(!timeline_passes(&history, 2, 0));
	ck_assert_uint_eq(timeline_at(&history, 0), 1);
	ck_assert_uint_eq(timeline_end(&history, 1), UINT64_MAX);
	timeline_free(&history);
}
END_TEST

START_TEST(two_switches_at_one_point_are_possible)
{
	struct timeline_history history;

	parse(3, "1\t0/3000148\tx\n2\t0/3000148\ty\n", &history);
	ck_assert_uint_eq(history.count, 2);
	/* Timeline 2 has no byte of its own. */
	ck_assert_uint_eq(timeline_at(&history, 0x3000147), 1);
	ck_assert_uint_eq(timeline_at(&history, 0x3000148), 3);
	timeline_free(&history);
}
END_TEST

static const struct {
	uint32_t timeline;
	const char *text;
	const char *word;
} damaged[] = {
    {0, "", "timeline 0"},
    {2, "", "names no timeline"},
    {2, "# nothing\n\n", "names no timeline"},
    {1, "1\t0/1\tx\n", "line 1"},
    {2, "2\t0/1\tx\n", "not below"},
    {2, "3\t0/1\tx\n", "not below"},
    {9, "0\t0/1\tx\n", "line 1"},
    {9, "1\t0/1\tx\nnonsense\n", "line 2"},
    {9, "1\t0/1\tx\n\n1\t0/2\tx\n", "line 3"},
    {9, "3\t0/1\tx\n2\t0/2\tx\n", "timeline 2 follows 3"},
    {9, "1\t0/2\tx\n2\t0/1\tx\n", "before the one above"},
    {9, "1\n", "line 1"},
    {9, "1\t\n", "line 1"},
    {9, "1 0\n", "line 1"},
    {9, "1\t0/\tx\n", "line 1"},
    {9, "1\t0/123456789\tx\n", "line 1"},
    {9, "1\tno reason\n", "line 1"},
    {9, "1x\t0/1\tx\n", "line 1"},
    {9, "-1\t0/1\tx\n", "line 1"},
    {9, "0x1\t0/1\tx\n", "line 1"},
    {9, "4294967296\t0/1\tx\n", "line 1"},
    {9, "99999999999999999999999\t0/1\tx\n", "line 1"},
    {9, "1\t0/1\tx", "line 1 is cut short"},
    {9, "1\t0/1\tx\n2\t0/2", "line 2 is cut short"},
};

START_TEST(a_history_that_cannot_be_is_damaged_and_names_the_line)
{
	struct timeline_history history;
	const char *text = damaged[_i].text;
	struct err err = {0};

	ck_assert_int_eq(timeline_parse(damaged[_i].timeline, text,
					strlen(text), &history, &err),
			 -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_msg(strstr(err.message, damaged[_i].word), "%s", err.message);
	ck_assert_uint_eq(history.count, 0);
	ck_assert_ptr_null(history.switches);
}
END_TEST

/* Only a cut between two entries leaves a history; of a single entry, none. */
START_TEST(every_truncation_of_an_entry_is_damaged)
{
	static const char text[] = "1\t0/3000148\tno recovery target\n";

	for (size_t len = 0; len < strlen(text); len++) {
		char *cut = malloc(len + 1);
		struct timeline_history history;
		struct err err = {0};

		memcpy(cut, text, len);
		ck_assert_int_eq(timeline_parse(2, cut, len, &history, &err),
				 -1);
		ck_assert_int_eq(err.kind, ERR_DAMAGED);
		free(cut);
	}
}
END_TEST

START_TEST(a_nul_byte_is_damaged)
{
	static const char text[] = "1\t0/3000148\0\tx\n";
	struct timeline_history history;
	struct err err = {0};

	ck_assert_int_eq(
	    timeline_parse(2, text, sizeof(text) - 1, &history, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
}
END_TEST

static const struct {
	uint64_t lsn;
	uint32_t at;
	bool passes[5]; /* on timeline 0 to 4 */
} places[] = {
    {0, 1, {false, true, true, true, false}},
    {0x3000147, 1, {false, true, true, true, false}},
    {0x3000148, 2, {false, true, true, true, false}},
    {0x3000149, 2, {false, false, true, true, false}},
    {0x4FFFFFF, 2, {false, false, true, true, false}},
    {0x5000000, 3, {false, false, true, true, false}},
    {0x5000001, 3, {false, false, false, true, false}},
    {UINT64_MAX, 3, {false, false, false, true, false}},
};

START_TEST(a_position_belongs_to_the_timelines_left_at_or_after_it)
{
	struct timeline_history history;

	parse(3, third, &history);
	ck_assert_uint_eq(timeline_at(&history, places[_i].lsn), places[_i].at);
	for (uint32_t timeline = 0; timeline < 5; timeline++)
		ck_assert_int_eq(
		    timeline_passes(&history, timeline, places[_i].lsn),
		    places[_i].passes[timeline]);
	timeline_free(&history);
}
END_TEST

START_TEST(each_timeline_ends_where_it_was_left)
{
	struct timeline_history history;

	parse(3, third, &history);
	ck_assert_uint_eq(timeline_end(&history, 1), 0x3000148);
	ck_assert_uint_eq(timeline_end(&history, 2), 0x5000000);
	ck_assert_uint_eq(timeline_end(&history, 3), UINT64_MAX);
	ck_assert_uint_eq(timeline_end(&history, 4), 0);
	timeline_free(&history);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("timeline");
	TCase *tcase = tcase_create("timeline");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_test(tcase, a_history_is_read_oldest_first);
	tcase_add_test(tcase, comments_blanks_and_long_reasons_are_skipped);
	tcase_add_test(tcase, the_first_timeline_has_an_empty_history);
	tcase_add_test(tcase, two_switches_at_one_point_are_possible);
	tcase_add_loop_test(
	    tcase, a_history_that_cannot_be_is_damaged_and_names_the_line, 0,
	    sizeof(damaged) / sizeof(damaged[0]));
	tcase_add_test(tcase, every_truncation_of_an_entry_is_damaged);
	tcase_add_test(tcase, a_nul_byte_is_damaged);
	tcase_add_loop_test(
	    tcase, a_position_belongs_to_the_timelines_left_at_or_after_it, 0,
	    sizeof(places) / sizeof(places[0]));
	tcase_add_test(tcase, each_timeline_ends_where_it_was_left);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
