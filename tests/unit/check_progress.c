#include "common/tool/progress.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/tool/progress_text.h"

#define MIB ((uint64_t)1 << 20)

static const struct {
	struct progress_figures figures;
	const char *line;
	const char *bar; /* in 80 columns */
} texts[] = {
    {{"backing up", 0, 100 * MIB, 0, 0},
     "backing up: 0 %, 0 B of 100 MiB",
     "backing up   0 % [........................................] 0 B of 100 "
     "MiB"},
    {{"backing up", 50 * MIB, 100 * MIB, 1, 5000},
     "backing up: 50 %, 50 MiB of 100 MiB, 10 MiB/s, 1 file, 5 s left",
     "backing up  50 % [#######.......] 50 MiB of 100 MiB, 10 MiB/s, 1 file, 5 "
     "s left"},
    {{"backing up", 100 * MIB, 100 * MIB, 1234, 5000},
     "backing up: 100 %, 100 MiB of 100 MiB, 20 MiB/s, 1234 files",
     "backing up 100 % [###################] 100 MiB of 100 MiB, 20 MiB/s, "
     "1234 "
     "files"},
    {{"backing up", 200 * MIB, 100 * MIB, 0, 10000},
     "backing up: 100 %, 200 MiB of 100 MiB, 20 MiB/s",
     "backing up 100 % [###############################] 200 MiB of 100 MiB, "
     "20 "
     "MiB/s"},
    {{"fetching", 3 * MIB, 0, 2, 999},
     "fetching: 3 MiB, 2 files",
     "fetching 3 MiB, 2 files"},
    {{"fetching", 1, UINT64_MAX, 0, UINT64_MAX},
     "fetching: 0 %, 1 B of 16 EiB, 0 B/s",
     "fetching   0 % [........................................] 1 B of 16 EiB, "
     "0 B/s"},
};

START_TEST(the_line_tells_what_is_known)
{
	char text[PROGRESS_TEXT_SIZE];

	progress_text_line(&texts[_i].figures, text);
	ck_assert_str_eq(text, texts[_i].line);
}
END_TEST

START_TEST(the_bar_tells_what_is_known)
{
	char text[PROGRESS_TEXT_SIZE];

	progress_text_bar(&texts[_i].figures, 80, text);
	ck_assert_str_eq(text, texts[_i].bar);
}
END_TEST

START_TEST(a_bar_never_fills_the_line)
{
	unsigned columns;

	for (columns = 0; columns < 400; columns++) {
		char text[PROGRESS_TEXT_SIZE];

		progress_text_bar(&texts[_i].figures, columns, text);
		ck_assert_uint_lt(strlen(text), columns + (columns == 0));
	}
}
END_TEST

START_TEST(extreme_figures_stay_in_their_room)
{
	struct progress_figures figures = {"x", UINT64_MAX, UINT64_MAX,
					   UINT64_MAX, 1};
	char text[PROGRESS_TEXT_SIZE];

	progress_text_line(&figures, text);
	progress_text_bar(&figures, 80, text);
	progress_text_end(&figures, text);
	figures.done = 1;
	figures.elapsed_ms = UINT64_MAX;
	progress_text_line(&figures, text);
	ck_assert_ptr_null(strstr(text, "left"));
	progress_text_end(&figures, text);
	figures = (struct progress_figures){"x", 0, 0, 0, 0};
	progress_text_end(&figures, text);
	ck_assert_int_eq(strncmp(text, "x: 0 B in 0 ms", 14), 0);
}
END_TEST

START_TEST(the_end_tells_the_total)
{
	struct progress_figures figures = {"backing up", 100 * MIB, 0, 7, 4000};
	char text[PROGRESS_TEXT_SIZE];

	progress_text_end(&figures, text);
	ck_assert_str_eq(text, "backing up: 100 MiB, 7 files in 4 s, 25 MiB/s");
}
END_TEST

/* stderr becomes a file or a terminal of our own; each test has a process of
 * its own. */
static int
stderr_to_file(void)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
	return fileno(file);
}

static int
stderr_to_terminal(unsigned short columns)
{
	struct winsize size = {.ws_row = 24, .ws_col = columns};
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	int slave;

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(slave, 0);
	ck_assert_int_eq(ioctl(slave, TIOCSWINSZ, &size), 0);
	ck_assert_int_ge(dup2(slave, STDERR_FILENO), 0);
	ck_assert_int_eq(setenv("TERM", "vt100", 1), 0);
	ck_assert_int_eq(fcntl(master, F_SETFL, O_NONBLOCK), 0);
	return master;
}

static size_t
read_terminal(int master, char *text, size_t size)
{
	size_t len = 0;

	for (;;) {
		ssize_t got = read(master, text + len, size - 1 - len);

		if (got <= 0)
			break;
		len += (size_t)got;
	}
	text[len] = '\0';
	return len;
}

static struct progress *
start(uint64_t bytes)
{
	struct err err = {0};
	struct progress *progress = progress_start("working", bytes, &err);

	ck_assert_msg(progress != NULL, "%s", err.message);
	return progress;
}

static void *
add_often(void *context)
{
	int i;

	for (i = 0; i < 1024; i++)
		progress_add(context, 1024, 1);
	return NULL;
}

START_TEST(what_several_threads_add_is_summed_up)
{
	int fd = stderr_to_file();
	struct progress *progress = start(1);
	pthread_t threads[4];
	char text[1000] = "";
	size_t i;

	progress_expect(progress, 4 * MIB);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, add_often, progress), 0);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	progress_end(progress, true);
	ck_assert_int_gt(pread(fd, text, sizeof text - 1, 0), 0);
	ck_assert_ptr_nonnull(
	    strstr(text, "notice: working: 4 MiB, 4096 files in "));
	/* Too short for anything but the last line. */
	ck_assert_ptr_eq(strchr(text, '\n') + 1, text + strlen(text));
}
END_TEST

START_TEST(work_that_ended_early_does_not_look_done)
{
	int fd = stderr_to_file();
	char text[1000] = "";

	progress_end(start(100), false);
	ck_assert_int_gt(pread(fd, text, sizeof text - 1, 0), 0);
	ck_assert_ptr_nonnull(strstr(text, "ended early\n"));
}
END_TEST

START_TEST(a_quiet_program_shows_no_progress)
{
	int fd = stderr_to_file();
	struct progress *progress;
	char text[10];

	log_start("check", LOG_QUIET);
	progress = start(100);
	progress_add(progress, 1, 1);
	progress_end(progress, true);
	ck_assert_int_eq(pread(fd, text, sizeof text, 0), 0);
}
END_TEST

START_TEST(no_progress_at_all_is_fine)
{
	progress_add(NULL, 1, 1);
	progress_expect(NULL, 1);
	progress_end(NULL, true);
}
END_TEST

START_TEST(a_terminal_without_cursor_gets_lines)
{
	int master = stderr_to_terminal(80);
	char text[4096];
	struct err err = {0};

	ck_assert_int_eq(setenv("TERM", "dumb", 1), 0);
	log_start("check", LOG_NORMAL);
	{
		struct progress *progress = start(100);

		ck_assert_int_eq(clock_sleep_ms(500, &err), 0);
		progress_end(progress, true);
	}
	ck_assert_uint_gt(read_terminal(master, text, sizeof text), 0);
	ck_assert_ptr_null(strchr(text, '\033'));
}
END_TEST

/*
 * A terminal in a few lines: what stands on the screen after carriage return,
 * newline, cursor up and erase below.
 */
struct screen {
	char row[24][81];
	size_t y;
	size_t x;
};

static void
show(struct screen *screen, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\r') {
			screen->x = 0;
		} else if (*text == '\n') {
			screen->y++;
		} else if (strncmp(text, "\033[A", 3) == 0) {
			screen->y--;
			text += 2;
		} else if (strncmp(text, "\033[J", 3) == 0) {
			size_t y;

			memset(screen->row[screen->y] + screen->x, ' ',
			       80 - screen->x);
			for (y = screen->y + 1; y < 24; y++)
				memset(screen->row[y], ' ', 80);
			text += 2;
		} else {
			ck_assert_uint_lt(screen->x, 80);
			screen->row[screen->y][screen->x++] = *text;
		}
		ck_assert_uint_lt(screen->y, 24);
	}
}

static void
init_screen(struct screen *screen)
{
	size_t y;

	memset(screen, 0, sizeof(*screen));
	for (y = 0; y < 24; y++)
		memset(screen->row[y], ' ', 80);
}

/* Every line of the screen is a bar, a whole message or empty. */
START_TEST(warnings_and_the_bar_do_not_mix)
{
	int master = stderr_to_terminal(80);
	struct progress *progress;
	struct screen screen;
	struct err err = {0};
	char text[16384];

	init_screen(&screen);
	log_start("check", LOG_NORMAL);
	progress = start(100 * MIB);
	progress_add(progress, 50 * MIB, 3);
	ck_assert_int_eq(clock_sleep_ms(500, &err), 0);
	(void)read_terminal(master, text, sizeof text);
	show(&screen, text);
	ck_assert_int_eq(strncmp(screen.row[1], "working  50 % [", 15), 0);
	ck_assert_ptr_nonnull(strstr(screen.row[1], "] 50 MiB of 100 MiB"));

	log_warning("careful");
	(void)read_terminal(master, text, sizeof text);
	show(&screen, text);
	ck_assert_int_eq(
	    strncmp(screen.row[0], "check: warning: careful   ", 26), 0);
	ck_assert_int_eq(clock_sleep_ms(500, &err), 0);
	progress_end(progress, true);
	(void)read_terminal(master, text, sizeof text);
	show(&screen, text);
	ck_assert_int_eq(
	    strncmp(screen.row[0], "check: warning: careful   ", 26), 0);
	ck_assert_int_eq(strncmp(screen.row[1],
				 "check: notice: working: 50 "
				 "MiB, 3 files in ",
				 43),
			 0);
	ck_assert_uint_eq(strspn(screen.row[2], " "), 80);
}
END_TEST

START_TEST(the_bar_is_as_wide_as_the_terminal)
{
	int master = stderr_to_terminal(40);
	struct err err = {0};
	struct progress *progress;
	char text[4096];
	const char *bar;

	log_start("check", LOG_NORMAL);
	progress = start(100 * MIB);
	ck_assert_int_eq(clock_sleep_ms(300, &err), 0);
	(void)read_terminal(master, text, sizeof text);
	progress_end(progress, true);
	bar = strstr(text, "working");
	ck_assert_ptr_nonnull(bar);
	ck_assert_uint_lt(strcspn(bar, "\r"), 40);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof(table)[0])

int
main(void)
{
	Suite *suite = suite_create("progress");
	TCase *tcase = tcase_create("progress");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, the_line_tells_what_is_known, 0,
			    COUNT(texts));
	tcase_add_loop_test(tcase, the_bar_tells_what_is_known, 0,
			    COUNT(texts));
	tcase_add_loop_test(tcase, a_bar_never_fills_the_line, 0, COUNT(texts));
	tcase_add_test(tcase, extreme_figures_stay_in_their_room);
	tcase_add_test(tcase, the_end_tells_the_total);
	tcase_add_test(tcase, what_several_threads_add_is_summed_up);
	tcase_add_test(tcase, work_that_ended_early_does_not_look_done);
	tcase_add_test(tcase, a_quiet_program_shows_no_progress);
	tcase_add_test(tcase, no_progress_at_all_is_fine);
	tcase_add_test(tcase, a_terminal_without_cursor_gets_lines);
	tcase_add_test(tcase, warnings_and_the_bar_do_not_mix);
	tcase_add_test(tcase, the_bar_is_as_wide_as_the_terminal);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
