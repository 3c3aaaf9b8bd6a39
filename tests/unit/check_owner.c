/*
 * Whose the files of a restore are. Only root can give files away, so run by
 * anybody else the claims are that nothing happens.
 */
#include <check.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/path.h"
#include "restore/owner.h"
#include "tests/unit/scratch.h"

#define STRANGER 54321

static char *
below(const char *directory, const char *name)
{
	struct err err = {0};
	char *path = path_join(directory, name, &err);

	ck_assert_ptr_nonnull(path);
	return path;
}

static void
make_file(const char *directory, const char *name)
{
	char *path = below(directory, name);

	scratch_write(path, "x", 1);
	free(path);
}

static void
owned_by(const char *directory, const char *name, uid_t uid)
{
	char *path = below(directory, name);
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_uid, geteuid() == 0 ? uid : geteuid());
	free(path);
}

static void
give(const char *directory, const char *user)
{
	struct tar_member member = {
	    .user = user, .group = user, .uid = STRANGER, .gid = STRANGER};
	char *path = below(directory, "file");
	struct err err = {0};

	scratch_write(path, "x", 1);
	ck_assert_int_eq(owner_give(path, &member, &err), 0);
	free(path);
}

START_TEST(a_name_known_here_wins_over_the_number)
{
	const struct passwd *nobody = getpwnam("nobody");
	char *directory = scratch_make();

	ck_assert_ptr_nonnull(nobody);
	give(directory, "nobody");
	owned_by(directory, "file", nobody->pw_uid);
	scratch_remove(directory);
}
END_TEST

START_TEST(an_unknown_name_or_none_leaves_the_number)
{
	char *directory = scratch_make();

	give(directory, "no-such-user-here");
	owned_by(directory, "file", STRANGER);
	give(directory, "");
	owned_by(directory, "file", STRANGER);
	scratch_remove(directory);
}
END_TEST

/* What is left over goes to the owner of PG_VERSION; a link itself, not what
 * it leads to. */
START_TEST(the_rest_follows_the_cluster)
{
	struct tablespace one = {.oid = 16385};
	struct tablespace_map map = {.entries = &one, .count = 1};
	struct err err = {0};
	char *directory = scratch_make();
	char *outside = scratch_make();
	char *version = below(directory, "PG_VERSION");
	char *signal = below(directory, "recovery.signal");
	char *link = below(directory, "standby.signal");
	char *target = below(outside, "precious");

	one.location = outside;
	make_file(directory, "PG_VERSION");
	make_file(directory, "recovery.signal");
	make_file(outside, "precious");
	ck_assert_int_eq(symlink(target, link), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(chown(version, STRANGER, STRANGER), 0);
	ck_assert_int_eq(owner_give_rest(directory, &map, &err), 0);
	owned_by(directory, ".", STRANGER);
	owned_by(directory, "recovery.signal", STRANGER);
	owned_by(directory, "standby.signal", STRANGER);
	owned_by(outside, ".", STRANGER);
	owned_by(outside, "precious", 0);
	free(target);
	free(link);
	free(signal);
	free(version);
	scratch_remove(outside);
	scratch_remove(directory);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("owner");
	TCase *tests = tcase_create("owner");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, a_name_known_here_wins_over_the_number);
	tcase_add_test(tests, an_unknown_name_or_none_leaves_the_number);
	tcase_add_test(tests, the_rest_follows_the_cluster);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
