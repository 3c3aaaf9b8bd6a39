#include "archive/backup_server.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/backup_mode.h"

static char here[] = ".";
static char root[] = "/";
static char on[] = "on";
static char off[] = "off";
static char always[] = "always";
static char command[] = "wal-push %p";
static char library[] = "walnut";
static char none[] = "";

static struct err err;

static const struct {
	struct backup_server server;
	const char *word; /* of the message; NULL: can be backed up */
} servers[] = {
    {{150018, false, 1, here, on, command, none}, NULL},
    {{130000, false, 1, here, always, command, none}, NULL},
    {{180001, false, 1, here, on, none, library}, NULL},
    {{120022, false, 1, here, on, command, none}, "version 12"},
    {{190000, false, 1, here, on, command, none}, "version 19"},
    {{150018, true, 1, here, on, command, none}, "in recovery"},
    {{150018, false, 1, here, off, command, none}, "archive_mode is off"},
    {{150018, false, 1, here, on, none, none}, "archive_command is empty"},
};

START_TEST(a_server_without_an_archive_is_refused)
{
	const char *word = servers[_i].word;
	int failed = backup_server_check(&servers[_i].server, &err);

	ck_assert_int_eq(failed, word != NULL ? -1 : 0);
	if (word == NULL)
		return;
	ck_assert_int_eq(err.kind, ERR_REFUSED);
	ck_assert_msg(strstr(err.message, word) != NULL, "%s", err.message);
	if (strncmp(word, "archive", 7) == 0) {
		ck_assert_ptr_nonnull(strstr(err.hint, "archive_mode = on"));
		ck_assert_ptr_nonnull(
		    strstr(err.hint, "archive_command = 'wal-push %p'"));
	}
}
END_TEST

START_TEST(a_directory_is_the_server_s_by_identifier_and_inode)
{
	struct backup_server server = {.system_identifier = 77,
				       .data_directory = here};
	struct control_file control = {.system_identifier = 77};
	char *path = realpath(".", NULL);

	ck_assert_int_eq(backup_server_owns(&server, path, &control, &err), 0);
	free(path);

	server.data_directory = root;
	ck_assert_int_eq(backup_server_owns(&server, ".", &control, &err), -1);
	ck_assert_int_eq(err.kind, ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(err.message, "another one"));

	control.system_identifier = 78;
	ck_assert_int_eq(backup_server_owns(&server, "/", &control, &err), -1);
	ck_assert_int_eq(err.kind, ERR_REFUSED);
	ck_assert_ptr_nonnull(strstr(err.message, "78"));
	ck_assert_ptr_nonnull(strstr(err.message, "77"));
}
END_TEST

START_TEST(a_label_is_one_line_of_at_most_1024_bytes)
{
	char label[BACKUP_MODE_LABEL_SIZE + 1];

	memset(label, 'x', sizeof label);
	label[BACKUP_MODE_LABEL_SIZE] = '\0';
	ck_assert_int_eq(backup_mode_check_label(label, &err), -1);
	ck_assert_int_eq(err.kind, ERR_USAGE);
	label[BACKUP_MODE_LABEL_SIZE - 1] = '\0';
	ck_assert_int_eq(backup_mode_check_label(label, &err), 0);
	ck_assert_int_eq(backup_mode_check_label("", &err), 0);
	ck_assert_int_eq(backup_mode_check_label("two\nlines", &err), -1);
	ck_assert_int_eq(backup_mode_check_label("two\rlines", &err), -1);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("backup_server");
	TCase *tcase = tcase_create("backup_server");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, a_server_without_an_archive_is_refused, 0,
			    (int)(sizeof servers / sizeof *servers));
	tcase_add_test(tcase,
		       a_directory_is_the_server_s_by_identifier_and_inode);
	tcase_add_test(tcase, a_label_is_one_line_of_at_most_1024_bytes);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
