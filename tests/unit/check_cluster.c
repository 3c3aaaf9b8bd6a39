#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "common/base/file.h"
#include "common/catalog/cluster.h"
#include "common/catalog/object_name.h"
#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"
#include "common/stream/pipeline.h"
#include "tests/unit/wal_sample.h"

#define OURS UINT64_C(7423523111234567890)
#define THEIRS UINT64_C(18446744073709551614)

/* A store that counts, and a state directory that is not there yet. */
struct trial {
	struct store *store;
	struct faulty_plan plan;
	struct err err;
	char scratch[200];
	char state[220]; /* scratch/new/state */
};

static void
begin(struct trial *trial, bool local)
{
	const char *directory = getenv("TMPDIR");

	memset(trial, 0, sizeof *trial);
	(void)snprintf(trial->scratch, sizeof trial->scratch,
		       "%s/walnut-cluster-XXXXXX",
		       directory == NULL ? "/tmp" : directory);
	ck_assert_ptr_nonnull(mkdtemp(trial->scratch));
	(void)snprintf(trial->state, sizeof trial->state, "%s/new/state",
		       trial->scratch);
	trial->store = faulty_store_new(memory_store_new(&trial->err),
					&trial->plan, &trial->err);
	ck_assert_ptr_nonnull(trial->store);
	trial->store->local = local;
}

static void
end(struct trial *trial)
{
	char path[sizeof trial->state + 16];

	store_free(trial->store);
	(void)snprintf(path, sizeof path, "%s/cluster", trial->state);
	(void)unlink(path);
	(void)rmdir(trial->state);
	(void)snprintf(path, sizeof path, "%s/new", trial->scratch);
	(void)rmdir(path);
	ck_assert_int_eq(rmdir(trial->scratch), 0);
}

static int
claim(struct trial *trial, uint64_t identifier)
{
	memset(&trial->err, 0, sizeof trial->err);
	trial->plan.calls = 0;
	return cluster_claim(trial->store, trial->state, identifier,
			     &trial->err);
}

static void
forget_object(struct trial *trial)
{
	static const char *const names[] = {OBJECT_CLUSTER};

	ck_assert_int_eq(store_remove(trial->store, names, 1, &trial->err), 0);
}

START_TEST(the_first_claim_creates_what_later_ones_find)
{
	struct trial trial;
	uint64_t owner = 0;

	begin(&trial, true);
	ck_assert_int_eq(cluster_read(trial.store, &owner, &trial.err), -1);
	ck_assert_int_eq((int)trial.err.kind, (int)ERR_ABSENT);
	ck_assert_int_eq(claim(&trial, THEIRS), 0);
	ck_assert_int_eq(cluster_read(trial.store, &owner, &trial.err), 0);
	ck_assert(owner == THEIRS);
	ck_assert_int_eq(claim(&trial, THEIRS), 0);
	end(&trial);
}
END_TEST

START_TEST(another_cluster_is_refused_with_both_identifiers)
{
	struct trial trial;

	begin(&trial, _i == 0);
	ck_assert_int_eq(claim(&trial, OURS), 0);
	ck_assert_int_eq(claim(&trial, THEIRS), -1);
	ck_assert_int_eq((int)trial.err.kind, (int)ERR_REFUSED);
	ck_assert(strstr(trial.err.message, "7423523111234567890") != NULL);
	ck_assert(strstr(trial.err.message, "18446744073709551614") != NULL);
	ck_assert_int_eq(cluster_claim(trial.store, NULL, THEIRS, &trial.err),
			 -1);
	ck_assert_int_eq((int)trial.err.kind, (int)ERR_REFUSED);
	end(&trial);
}
END_TEST

START_TEST(a_remote_store_is_asked_once_a_local_one_always)
{
	struct trial trial;

	begin(&trial, _i == 0);
	ck_assert_int_eq(claim(&trial, OURS), 0);
	ck_assert_uint_gt(trial.plan.calls, 0);
	ck_assert_int_eq(claim(&trial, OURS), 0);
	ck_assert_int_eq(trial.plan.calls > 0, _i == 0);
	end(&trial);
}
END_TEST

START_TEST(a_claim_that_has_gone_is_not_made_again)
{
	struct trial trial;

	begin(&trial, true);
	ck_assert_int_eq(claim(&trial, OURS), 0);
	forget_object(&trial);
	ck_assert_int_eq(claim(&trial, OURS), -1);
	ck_assert_int_eq((int)trial.err.kind, (int)ERR_UNREACHABLE);
	ck_assert(strstr(trial.err.message, OBJECT_CLUSTER) != NULL);
	ck_assert(strstr(trial.err.hint, trial.state) != NULL);
	end(&trial);
}
END_TEST

START_TEST(a_memory_of_another_store_does_not_count)
{
	struct trial trial;
	char path[sizeof trial.state + 16];
	struct buf text = BUF_INIT(1000);

	begin(&trial, true);
	ck_assert_int_eq(claim(&trial, OURS), 0);
	forget_object(&trial);
	trial.store->url = "memory:other";
	ck_assert_int_eq(claim(&trial, THEIRS), 0);
	(void)snprintf(path, sizeof path, "%s/cluster", trial.state);
	ck_assert_int_eq(file_load(path, &text, &trial.err), 0);
	ck_assert_str_eq(buf_text(&text),
			 "memory:other\n18446744073709551614\n");
	buf_free(&text);
	end(&trial);
}
END_TEST

static const char *const broken_memories[] = {
    "",
    "\n",
    "memory:",
    "memory:\n",
    "memory:\n12",
    "memory:\nx\n",
    "memory:\n99999999999999999999999999999999999999999999\n",
    "memory:x\n7423523111234567890\n"};

START_TEST(a_broken_memory_costs_only_a_question)
{
	struct trial trial;
	char path[sizeof trial.state + 16];
	FILE *file;

	begin(&trial, false);
	trial.store->url = "memory:";
	ck_assert_int_eq(file_make_directories(trial.state, 0700, &trial.err),
			 0);
	(void)snprintf(path, sizeof path, "%s/cluster", trial.state);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(broken_memories[_i], file);
	fclose(file);
	ck_assert_int_eq(claim(&trial, OURS), 0);
	ck_assert_uint_gt(trial.plan.calls, 0);
	ck_assert_int_eq(claim(&trial, OURS), 0);
	ck_assert_uint_eq(trial.plan.calls, 0);
	end(&trial);
}
END_TEST

START_TEST(a_state_directory_that_cannot_be_is_no_failure)
{
	struct trial trial;

	begin(&trial, false);
	ck_assert_int_eq(
	    cluster_claim(trial.store, "/dev/null/state", OURS, &trial.err), 0);
	ck_assert_int_eq(cluster_claim(trial.store, NULL, OURS, &trial.err), 0);
	end(&trial);
}
END_TEST

START_TEST(every_failing_call_fails_the_claim)
{
	uint64_t call;
	int result = -1;

	for (call = 1; result != 0; call++) {
		struct trial trial;

		begin(&trial, false);
		trial.plan.fail_call = call;
		result = claim(&trial, OURS);
		if (result != 0)
			ck_assert_int_eq((int)trial.err.kind,
					 (int)ERR_UNREACHABLE);
		end(&trial);
	}
	ck_assert_uint_ge(call, 4);
}
END_TEST

static void
put_segment(struct trial *trial, const char *name)
{
	static const struct pipeline pipeline = {CODEC_DEFAULT};
	char object[OBJECT_NAME_SIZE];
	uint8_t *segment = wal_sample(name, 1);
	struct sink *sink;

	object_wal(name, ".zst", object);
	sink = store_put(trial->store, object, STORE_NEW, STORE_SIZE_UNKNOWN,
			 &trial->err);
	ck_assert_ptr_nonnull(sink);
	sink = pipeline_out(&pipeline, sink, &trial->err);
	ck_assert_ptr_nonnull(sink);
	ck_assert_int_eq(
	    sink_write(sink, segment, WAL_SAMPLE_SIZE, &trial->err), 0);
	ck_assert_int_eq(sink_finish(sink, &trial->err), 0);
	sink_free(sink);
	free(segment);
}

/* WAL-G's archives have no cluster.json. */
START_TEST(wal_that_is_there_tells_whose_the_store_is)
{
	struct trial trial;
	uint64_t owner;

	begin(&trial, _i == 0);
	put_segment(&trial, "000000010000000000000001");
	ck_assert_int_eq(claim(&trial, THEIRS), -1);
	ck_assert_int_eq((int)trial.err.kind, (int)ERR_REFUSED);
	ck_assert(strstr(trial.err.message, "7423523111234567890") != NULL);
	ck_assert_int_eq(cluster_read(trial.store, &owner, &trial.err), -1);
	ck_assert_int_eq((int)trial.err.kind, (int)ERR_ABSENT);
	ck_assert_int_eq(claim(&trial, WAL_SAMPLE_SYSTEM), 0);
	end(&trial);
}
END_TEST

START_TEST(wal_that_cannot_be_read_tells_nothing)
{
	struct trial trial;

	begin(&trial, true);
	ck_assert_int_eq(
	    store_put_bytes(trial.store,
			    "wal_005/000000010000000000000001.lzma", STORE_NEW,
			    "x", 1, &trial.err),
	    0);
	ck_assert_int_eq(claim(&trial, OURS), 0);
	end(&trial);
}
END_TEST

START_TEST(every_flipped_bit_and_cut_is_damage)
{
	struct trial trial;
	struct buf json = BUF_INIT(10000);
	uint64_t owner = 0;
	uint64_t at;

	begin(&trial, true);
	ck_assert_int_eq(claim(&trial, OURS), 0);
	ck_assert_int_eq(
	    store_get_bytes(trial.store, OBJECT_CLUSTER, &json, &trial.err), 0);
	for (at = 1; at <= json.len * 8; at++) {
		trial.plan.flip_bit = at;
		ck_assert_int_eq(cluster_read(trial.store, &owner, &trial.err),
				 -1);
		ck_assert_int_eq((int)trial.err.kind, (int)ERR_DAMAGED);
		ck_assert(strstr(trial.err.message, OBJECT_CLUSTER) != NULL);
	}
	trial.plan.flip_bit = 0;
	for (at = 1; at < json.len; at++) {
		trial.plan.cut_at = at;
		ck_assert_int_eq(cluster_read(trial.store, &owner, &trial.err),
				 -1);
		ck_assert_int_eq((int)trial.err.kind, (int)ERR_DAMAGED);
	}
	ck_assert_uint_eq(owner, 0);
	buf_free(&json);
	end(&trial);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int
main(void)
{
	Suite *suite = suite_create("cluster");
	TCase *tests = tcase_create("cluster");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, the_first_claim_creates_what_later_ones_find);
	tcase_add_loop_test(
	    tests, another_cluster_is_refused_with_both_identifiers, 0, 2);
	tcase_add_loop_test(
	    tests, a_remote_store_is_asked_once_a_local_one_always, 0, 2);
	tcase_add_test(tests, a_claim_that_has_gone_is_not_made_again);
	tcase_add_loop_test(tests, wal_that_is_there_tells_whose_the_store_is,
			    0, 2);
	tcase_add_test(tests, wal_that_cannot_be_read_tells_nothing);
	tcase_add_test(tests, a_memory_of_another_store_does_not_count);
	tcase_add_loop_test(tests, a_broken_memory_costs_only_a_question, 0,
			    COUNT(broken_memories));
	tcase_add_test(tests, a_state_directory_that_cannot_be_is_no_failure);
	tcase_add_test(tests, every_failing_call_fails_the_claim);
	tcase_add_test(tests, every_flipped_bit_and_cut_is_damage);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
