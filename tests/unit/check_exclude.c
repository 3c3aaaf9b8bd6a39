#include "archive/exclude.h"

#include <check.h>
#include <stddef.h>

#include "archive/relation_name.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(*(array))))

static const struct {
	const char *path;
	bool holds_entries;
	enum exclude_verdict verdict;
} entries[] = {
    {"postgresql.conf", false, EXCLUDE_KEEP},
    {"postgresql.auto.conf", false, EXCLUDE_KEEP},
    {"postgresql.auto.conf.tmp", false, EXCLUDE_SKIP},
    {"current_logfiles", false, EXCLUDE_KEEP},
    {"current_logfiles.tmp", false, EXCLUDE_SKIP},
    {"backup_label", false, EXCLUDE_SKIP},
    {"backup_label.old", false, EXCLUDE_KEEP},
    {"tablespace_map", false, EXCLUDE_SKIP},
    {"backup_manifest", false, EXCLUDE_SKIP},
    {"postmaster.pid", false, EXCLUDE_SKIP},
    {"postmaster.opts", false, EXCLUDE_SKIP},
    {"some/where/postmaster.pid", false, EXCLUDE_SKIP},
    {".DS_Store", false, EXCLUDE_SKIP},
    {"PG_VERSION", false, EXCLUDE_KEEP},
    {"global/pg_control", false, EXCLUDE_SKIP},
    {"base/5/pg_control", false, EXCLUDE_KEEP},
    {"global/pg_internal.init", false, EXCLUDE_SKIP},
    {"base/5/pg_internal.init.1234", false, EXCLUDE_SKIP},
    {"base/5/pg_filenode.map", false, EXCLUDE_KEEP},
    {"base/pgsql_tmp", true, EXCLUDE_SKIP},
    {"base/pgsql_tmp/pgsql_tmp123.4", false, EXCLUDE_SKIP},
    {"pgsql_tmp_not_quite", false, EXCLUDE_SKIP},
    {"not_pgsql_tmp", false, EXCLUDE_KEEP},
    {"pg_stat_tmp", true, EXCLUDE_CONTENTS},
    {"pg_replslot", true, EXCLUDE_CONTENTS},
    {"pg_dynshmem", true, EXCLUDE_CONTENTS},
    {"pg_notify", true, EXCLUDE_CONTENTS},
    {"pg_serial", true, EXCLUDE_CONTENTS},
    {"pg_snapshots", true, EXCLUDE_CONTENTS},
    {"pg_subtrans", true, EXCLUDE_CONTENTS},
    {"pg_subtrans", false, EXCLUDE_KEEP},
    {"pg_wal", true, EXCLUDE_CONTENTS},
    {"log/pg_wal", true, EXCLUDE_KEEP},
    {"pg_xact", true, EXCLUDE_KEEP},
    {"pg_xact/0000", false, EXCLUDE_KEEP},
    {"pg_stat", true, EXCLUDE_KEEP},
    {"pg_logical", true, EXCLUDE_KEEP},
    {"log", true, EXCLUDE_KEEP},
    {"base/5/16384", false, EXCLUDE_KEEP},
    {"base/5/t3_16384", false, EXCLUDE_SKIP},
    {"base/5/t3_16384_fsm", false, EXCLUDE_SKIP},
    {"base/5/t12_16384_vm.1", false, EXCLUDE_SKIP},
    {"base/5/t3_16384.2", false, EXCLUDE_SKIP},
    {"base/5/t3_16384.", false, EXCLUDE_KEEP},
    {"base/5/t3_16384_old", false, EXCLUDE_KEEP},
    {"base/5/t_16384", false, EXCLUDE_KEEP},
    {"base/5/t3_", false, EXCLUDE_KEEP},
    {"t3_16384", false, EXCLUDE_KEEP},
    {"pg_xact/t3_16384", false, EXCLUDE_KEEP},
    {"pg_tblspc/16385/PG_15_202209061/5/t3_16384", false, EXCLUDE_SKIP},
    {"pg_tblspc/16385/PG_15_202209061/pgsql_tmp", true, EXCLUDE_SKIP},
};

START_TEST(an_entry_meets_the_fate_the_server_has_for_it)
{
	ck_assert_msg(
	    exclude_entry(entries[_i].path, entries[_i].holds_entries) ==
		entries[_i].verdict,
	    "%s", entries[_i].path);
}
END_TEST

static const struct {
	const char *path;
	const char *init; /* NULL: never unlogged */
} unlogged[] = {
    {"base/5/16384", "16384_init"},
    {"base/5/16384_fsm", "16384_init"},
    {"base/5/16384_vm.1", "16384_init"},
    {"base/5/16384.12", "16384_init"},
    {"base/5/4294967295", "4294967295_init"},
    {"base/5/4294967296", NULL},
    {"base/5/16384_init", NULL},
    {"base/5/16384_init.1", NULL},
    {"base/5/016384", NULL},
    {"base/5/16384.0", NULL},
    {"base/5/16384.01", NULL},
    {"base/5/16384_", NULL},
    {"base/5/16384_fsmx", NULL},
    {"base/5/16384x", NULL},
    {"base/5/PG_VERSION", NULL},
    {"base/5x/16384", NULL},
    {"base/16384", NULL},
    {"16384", NULL},
    {"global/1262", "1262_init"},
    {"global/sub/1262", NULL},
    {"pg_xact/1", NULL},
    {"pg_tblspc/16385/PG_15_202209061/5/16390", "16390_init"},
    {"pg_tblspc/16385/PG_15_202209061/16390", NULL},
    {"pg_tblspc/16385/other/5/16390", NULL},
    {"pg_tblspc/x/PG_15_202209061/5/16390", NULL},
};

START_TEST(the_init_fork_decides_for_the_other_forks_of_a_relation)
{
	char init[EXCLUDE_INIT_SIZE];
	bool may = exclude_if_unlogged(unlogged[_i].path, init);

	ck_assert_msg(may == (unlogged[_i].init != NULL), "%s",
		      unlogged[_i].path);
	if (may)
		ck_assert_str_eq(init, unlogged[_i].init);
}
END_TEST

START_TEST(a_relation_name_tells_number_fork_and_segment)
{
	struct relation_name name;

	ck_assert_int_eq(relation_name_parse("16384_vm.3", &name), 0);
	ck_assert_uint_eq(name.number, 16384);
	ck_assert_int_eq(name.fork, RELATION_VISIBILITY);
	ck_assert_uint_eq(name.segment, 3);
	ck_assert_int_eq(relation_name_parse("1", &name), 0);
	ck_assert_int_eq(name.fork, RELATION_MAIN);
	ck_assert_uint_eq(name.segment, 0);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("exclude");
	TCase *tcase = tcase_create("exclude");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase,
			    an_entry_meets_the_fate_the_server_has_for_it, 0,
			    COUNT(entries));
	tcase_add_loop_test(
	    tcase, the_init_fork_decides_for_the_other_forks_of_a_relation, 0,
	    COUNT(unlogged));
	tcase_add_test(tcase, a_relation_name_tells_number_fork_and_segment);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
