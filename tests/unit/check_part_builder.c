#include "archive/part_builder.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "archive/lone_part.h"
#include "common/base/buf.h"
#include "common/base/crc32c.h"
#include "common/store/faulty_store.h"
#include "common/store/memory_store.h"
#include "common/stream/tar_reader.h"

static const struct pipeline pipeline = {.codec = CODEC_DEFAULT};

static struct store *store;
static struct part_plan plan;
static struct err err;

/* What was told of finished parts, a line each and one for each member. */
static struct buf told = BUF_INIT(64 * 1024 * 1024);
static unsigned named;

static void
name_part(void *context, char object[OBJECT_NAME_SIZE])
{
	(void)context;
	object_part("base_000000010000000000000002", ++named, ".zst", object);
}

static int
note_part(void *context, const struct part *part, struct err *error)
{
	(void)context;
	if (buf_print(&told, error, "%s %zu\n", part->object, part->count) != 0)
		return -1;
	for (size_t i = 0; i < part->count && part->count < 100; i++) {
		const struct part_member *member = &part->members[i];

		if (buf_print(&told, error, "%s %" PRIu64 " %08" PRIx32 " %d\n",
			      member->name, member->size, member->crc32c,
			      member->is_file) != 0)
			return -1;
	}
	return 0;
}

static void
set_up(void)
{
	store = memory_store_new(&err);
	ck_assert_ptr_nonnull(store);
	plan = (struct part_plan){
	    .store = store,
	    .pipeline = &pipeline,
	    .part_size = 100 * 1024,
	    .name = name_part,
	    .done = note_part,
	};
}

static void
tear_down(void)
{
	store_free(store);
	buf_free(&told);
}

static struct tar_member
a_member(const char *name, uint64_t size)
{
	return (struct tar_member){
	    .name = name,
	    .target = "",
	    .type = TAR_FILE,
	    .size = size,
	    .mode = 0600,
	    .user = "",
	    .group = "",
	};
}

static int
add(struct part_builder *builder, const char *name, const char *content)
{
	size_t len = strlen(content);
	struct tar_member member = a_member(name, len);

	if (part_builder_member(builder, &member, &err) != 0 ||
	    part_builder_data(builder, content, len, &err) != 0)
		return -1;
	return part_builder_end(builder, crc32c_update(0, content, len), &err);
}

static int
show_begin(void *context, const struct tar_member *member, struct err *error)
{
	return buf_print(context, error, "[%s]", member->name);
}

static int
show_data(void *context, const void *data, size_t len, struct err *error)
{
	return buf_append(context, data, len, error);
}

static int
show_end(void *context, struct err *error)
{
	return buf_print(context, error, ";");
}

static const struct tar_reader_ops show = {show_begin, show_data, show_end};

/* Names and contents of an object's members. */
static void
read_back(const char *object, struct buf *text)
{
	struct sink *sink = tar_reader_new(&show, text, &err);

	ck_assert_ptr_nonnull(sink);
	sink = pipeline_in(object, sink, &err);
	ck_assert_ptr_nonnull(sink);
	ck_assert_msg(store_get(store, object, 0, STORE_TO_END, sink, &err) ==
			  0,
		      "%s", err.message);
	ck_assert_msg(sink_finish(sink, &err) == 0, "%s", err.message);
	sink_free(sink);
}

#define PART(number)                                                    \
	"basebackups_005/base_000000010000000000000002/tar_partitions/" \
	"part_" number ".tar.zst"

START_TEST(members_come_back_from_the_stored_part)
{
	struct part_builder *builder = part_builder_new(&plan, &err);
	struct buf text = BUF_INIT(1024);

	ck_assert_int_eq(add(builder, "/base/1", "one"), 0);
	ck_assert_int_eq(add(builder, "/base/2", "two"), 0);
	ck_assert_uint_eq(memory_store_count(store), 0);
	ck_assert_int_eq(part_builder_close(builder, &err), 0);
	ck_assert_uint_eq(memory_store_count(store), 1);
	read_back(PART("001"), &text);
	ck_assert_str_eq(buf_text(&text), "[base/1]one;[base/2]two;");
	buf_free(&text);
	part_builder_free(builder);
}
END_TEST

START_TEST(a_finished_part_is_told_with_its_members)
{
	struct part_builder *builder = part_builder_new(&plan, &err);
	struct tar_member directory = a_member("/pg_notify", 0);
	char expected[512];

	directory.type = TAR_DIRECTORY;
	ck_assert_int_eq(part_builder_member(builder, &directory, &err), 0);
	ck_assert_int_eq(part_builder_end(builder, 0, &err), 0);
	ck_assert_int_eq(add(builder, "/base/1", "one"), 0);
	ck_assert_str_eq(buf_text(&told), "");
	ck_assert_int_eq(part_builder_close(builder, &err), 0);
	(void)snprintf(expected, sizeof expected,
		       "%s 2\n/pg_notify 0 00000000 0\n/base/1 3 %08x 1\n",
		       PART("001"), crc32c_update(0, "one", 3));
	ck_assert_str_eq(buf_text(&told), expected);
	part_builder_free(builder);
}
END_TEST

static struct tally told_tally;

static int
note_tally(void *context, const struct part *part, struct err *error)
{
	(void)context;
	(void)error;
	told_tally = part->stored;
	return 0;
}

START_TEST(the_digest_is_that_of_the_stored_bytes)
{
	struct part_builder *builder;
	struct buf stored = BUF_INIT(1024 * 1024);

	plan.done = note_tally;
	builder = part_builder_new(&plan, &err);
	ck_assert_int_eq(add(builder, "/base/1", "one"), 0);
	ck_assert_int_eq(part_builder_close(builder, &err), 0);
	ck_assert_int_eq(store_get_bytes(store, PART("001"), &stored, &err), 0);
	ck_assert_uint_eq(told_tally.size, stored.len);
	ck_assert_uint_eq(told_tally.crc32c,
			  crc32c_update(0, stored.data, stored.len));
	buf_free(&stored);
	part_builder_free(builder);
}
END_TEST

START_TEST(a_part_is_closed_when_its_size_is_reached)
{
	struct part_builder *builder = part_builder_new(&plan, &err);
	char content[30 * 1024];

	memset(content, 'x', sizeof content - 1);
	content[sizeof content - 1] = '\0';
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(add(builder, "/file", content), 0);
	ck_assert_int_eq(part_builder_close(builder, &err), 0);
	/* Four make 120 KiB and so a part; nothing is left over. */
	ck_assert_uint_eq(memory_store_count(store), 2);
	ck_assert_uint_eq(named, 2);
	part_builder_free(builder);
}
END_TEST

START_TEST(a_part_is_closed_when_it_has_enough_members)
{
	struct part_builder *builder;
	char expected[512];

	plan.part_size = UINT64_MAX;
	builder = part_builder_new(&plan, &err);
	for (int i = 0; i <= PART_MEMBERS_MAX; i++)
		ck_assert_int_eq(add(builder, "/a", ""), 0);
	ck_assert_int_eq(part_builder_close(builder, &err), 0);
	(void)snprintf(expected, sizeof expected,
		       "%s 20000\n%s 1\n/a 0 00000000 1\n", PART("001"),
		       PART("002"));
	ck_assert_str_eq(buf_text(&told), expected);
	part_builder_free(builder);
}
END_TEST

START_TEST(nothing_begun_is_nothing_stored)
{
	struct part_builder *builder = part_builder_new(&plan, &err);

	ck_assert_int_eq(part_builder_close(builder, &err), 0);
	ck_assert_uint_eq(memory_store_count(store), 0);
	ck_assert_uint_eq(named, 0);
	part_builder_free(builder);
}
END_TEST

START_TEST(a_part_that_is_not_closed_is_abandoned)
{
	struct part_builder *builder = part_builder_new(&plan, &err);

	ck_assert_int_eq(add(builder, "/base/1", "one"), 0);
	part_builder_free(builder);
	ck_assert_uint_eq(memory_store_count(store), 0);
	ck_assert_str_eq(buf_text(&told), "");
}
END_TEST

START_TEST(a_name_that_is_taken_is_not_overwritten)
{
	struct part_builder *builder = part_builder_new(&plan, &err);
	int failed;

	ck_assert_int_eq(
	    store_put_bytes(store, PART("001"), STORE_NEW, "x", 1, &err), 0);
	failed = add(builder, "/base/1", "one") != 0 ||
		 part_builder_close(builder, &err) != 0;
	ck_assert(failed);
	ck_assert_int_eq(err.kind, ERR_EXISTS);
	part_builder_free(builder);
}
END_TEST

/* Each call to the store fails once; what is told is what is stored. */
START_TEST(a_failure_anywhere_leaves_no_part)
{
	struct faulty_plan faults = {0};
	struct store *faulty = faulty_store_new(store, &faults, &err);
	uint64_t call = 0;
	int failed;

	ck_assert_ptr_nonnull(faulty);
	store = faulty;
	plan.store = faulty;
	do {
		struct part_builder *builder;

		named = 0;
		faults.calls = 0;
		faults.fail_call = ++call;
		ck_assert_str_eq(buf_text(&told), "");
		builder = part_builder_new(&plan, &err);
		failed = add(builder, "/base/1", "one") != 0 ||
			 part_builder_close(builder, &err) != 0;
		part_builder_free(builder);
	} while (failed && call < 100);
	ck_assert_int_eq(failed, 0);
	ck_assert_uint_gt(call, 2);
	ck_assert_str_ne(buf_text(&told), "");
}
END_TEST

START_TEST(a_lone_part_holds_all_its_members_whatever_the_size)
{
	struct file_owner owner = {.uid = 0};
	struct lone_member members[] = {
	    {"backup_label", "label\n", 6},
	    {"tablespace_map", "map\n", 4},
	};
	struct buf text = BUF_INIT(1024);

	plan.part_size = 1;
	ck_assert_int_eq(lone_part_store(&plan, &owner, members, 2, &err), 0);
	ck_assert_uint_eq(memory_store_count(store), 1);
	read_back(PART("001"), &text);
	ck_assert_str_eq(buf_text(&text),
			 "[backup_label]label\n;[tablespace_map]map\n;");
	buf_free(&text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("part_builder");
	TCase *tcase = tcase_create("part_builder");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, members_come_back_from_the_stored_part);
	tcase_add_test(tcase, a_finished_part_is_told_with_its_members);
	tcase_add_test(tcase, the_digest_is_that_of_the_stored_bytes);
	tcase_add_test(tcase, a_part_is_closed_when_its_size_is_reached);
	tcase_add_test(tcase, a_part_is_closed_when_it_has_enough_members);
	tcase_add_test(tcase, nothing_begun_is_nothing_stored);
	tcase_add_test(tcase, a_part_that_is_not_closed_is_abandoned);
	tcase_add_test(tcase, a_name_that_is_taken_is_not_overwritten);
	tcase_add_test(tcase, a_failure_anywhere_leaves_no_part);
	tcase_add_test(tcase,
		       a_lone_part_holds_all_its_members_whatever_the_size);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
