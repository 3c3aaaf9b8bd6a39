#include "common/tool/settings.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/tool/settings_file.h"
#include "common/tool/settings_table.h"

/* A settings file of our own, so that none of the machine's is read. */
static char directory[256];
static char path[300];

static void
write_file(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}

static void
set_up(void)
{
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(directory, sizeof directory, "%s/walnut.XXXXXX",
		       tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	(void)snprintf(path, sizeof path, "%s/walnut.conf", directory);
	write_file("", 0);
}

static void
tear_down(void)
{
	(void)unlink(path);
	ck_assert_int_eq(rmdir(directory), 0);
}

/* From up to eight "KEY=value" and a file. */
static struct settings *
load_both(const char *const environment[8], const char *file, struct err *err)
{
	char *copy[9] = {NULL};
	struct settings *settings;
	size_t i;

	write_file(file, strlen(file));
	for (i = 0; i < 8 && environment[i] != NULL; i++) {
		copy[i] = strdup(environment[i]);
		ck_assert_ptr_nonnull(copy[i]);
	}
	*err = (struct err){0};
	settings = settings_load(copy, path, NULL, 0, err);
	for (i = 0; copy[i] != NULL; i++)
		free(copy[i]);
	return settings;
}

static struct settings *
load_one(const char *pair, struct err *err)
{
	const char *const environment[8] = {pair};

	return load_both(environment, "", err);
}

static struct settings *
load_file(const char *text, struct err *err)
{
	const char *const environment[8] = {NULL};

	return load_both(environment, text, err);
}

static void
assert_usage(const struct settings *settings, const struct err *err,
	     const char *word)
{
	ck_assert_ptr_null(settings);
	ck_assert_int_eq(err->kind, ERR_USAGE);
	ck_assert_msg(strstr(err->message, word) != NULL,
		      "\"%s\" is not in \"%s\"", word, err->message);
}

START_TEST(nothing_set_means_the_defaults)
{
	struct err err;
	struct settings *s = load_file("", &err);
	struct pipeline pipeline;

	ck_assert_ptr_nonnull(s);
	ck_assert_ptr_null(settings_text(s, SETTING_STORE));
	ck_assert(!settings_given(s, SETTING_COMPRESSION));
	ck_assert_str_eq(settings_text(s, SETTING_COMPRESSION), "zstd:1");
	ck_assert_uint_eq(settings_duration(s, SETTING_TIMEOUT, 1), 60000);
	ck_assert_uint_eq(settings_duration(s, SETTING_RETRY_FOR, 17), 17);
	ck_assert_uint_eq(settings_size(s, SETTING_RATE_LIMIT, 18), 18);
	ck_assert_uint_eq(settings_size(s, SETTING_PART_SIZE, 1), 1U << 30);
	ck_assert_str_eq(settings_text(s, SETTING_FETCH_ERRORS), "auto");
	ck_assert_uint_ge(settings_jobs(s), 2);
	ck_assert_uint_le(settings_jobs(s), 16);
	settings_pipeline(s, &pipeline);
	ck_assert_int_eq(pipeline.codec.kind, CODEC_ZSTD);
	ck_assert_int_eq(pipeline.codec.level, 1);
	settings_free(s);
}
END_TEST

START_TEST(every_row_is_complete_and_its_default_passes_its_check)
{
	const struct setting_row *row = &settings_rows()[_i];
	enum setting found;
	char option[SETTINGS_TABLE_OPTION_SIZE];
	struct err err = {0};

	ck_assert_int_eq(strncmp(row->key, "WALNUT_", 7), 0);
	ck_assert_ptr_nonnull(row->value);
	ck_assert_ptr_nonnull(row->meaning);
	ck_assert(row->initial == NULL || row->check(row->initial, &err) == 0);
	ck_assert_int_ne(row->check("", &err), 0);
	settings_table_option((enum setting)_i, option);
	ck_assert_int_eq(settings_table_find_option(option, &found), 0);
	ck_assert_int_eq((int)found, _i);
}
END_TEST

START_TEST(an_option_wins_over_the_environment_and_that_over_the_file)
{
	const char *const environment[8] = {"WALNUT_JOBS=5",
					    "WALNUT_TIMEOUT=5"};
	char five[] = "WALNUT_JOBS=5";
	char *const copy[] = {five, NULL};
	const struct setting_override overrides[] = {
	    {SETTING_JOBS, "6"},
	    {SETTING_TIMEOUT, "6"},
	    {SETTING_JOBS, "7"},
	};
	struct err err = {0};
	struct settings *s;

	s = load_both(environment, "WALNUT_JOBS=3\nWALNUT_RETRY_FOR=3\n", &err);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(settings_jobs(s), 5);
	ck_assert_uint_eq(settings_duration(s, SETTING_RETRY_FOR, 0), 3000);
	settings_free(s);

	s = settings_load(copy, path, overrides, 3, &err);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(settings_jobs(s), 7);
	ck_assert_uint_eq(settings_duration(s, SETTING_TIMEOUT, 0), 6000);
	settings_free(s);
}
END_TEST

START_TEST(an_empty_value_counts_as_not_set)
{
	const char *const environment[8] = {
	    "WALNUT_JOBS=", "WALNUT_STORE=", "WALG_PGP_KEY=", "NONSENSE",
	    "WALNUT_AGE_RECIPIENTS="};
	struct err err;
	struct settings *s = load_both(environment, "WALNUT_JOBS=3", &err);

	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(settings_jobs(s), 3);
	ck_assert(!settings_given(s, SETTING_STORE));
	settings_free(s);
}
END_TEST

static const struct {
	const char *pair;
	const char *word; /* besides the key */
} refused[] = {
    {"WALNUT_STORE=/srv/backup", "not a URL"},
    {"WALNUT_COMPRESSION=zstd:40", "zstd:40"},
    {"WALNUT_JOBS=0", "0"},
    {"WALNUT_JOBS=257", "257"},
    {"WALNUT_JOBS=many", "many"},
    {"WALNUT_TIMEOUT=0", "no time"},
    {"WALNUT_TIMEOUT=1y", "1y"},
    {"WALNUT_RETRY_FOR=x", "x"},
    {"WALNUT_FETCH_ERRORS=maybe", "auto, stop, continue"},
    {"WALNUT_RATE_LIMIT=fast", "fast"},
    {"WALNUT_PART_SIZE=0", "nothing"},
    {"WALNUT_LOG_LEVEL=loud", "quiet, normal, verbose"},
    {"WALNUT_AGE_RECIPIENTS=age1x", "cannot encrypt"},
    {"WALNUT_AGE_IDENTITIES=/key", "cannot encrypt"},
    {"WALNUT_JOB=3", "no such setting"},
    {"WALNUT_=3", "no such setting"},
    {"WALG_FILE_PREFIX=srv/backup", "not an absolute path"},
    {"WALG_COMPRESSION_METHOD=none", "cannot be checked"},
    {"WALG_COMPRESSION_METHOD=lzma", "only zstd and lz4"},
    {"WALG_COMPRESSION_METHOD=brotli", "only zstd and lz4"},
    {"WALG_UPLOAD_CONCURRENCY=0", "0"},
    {"WALG_TAR_SIZE_THRESHOLD=big", "big"},
    {"WALG_LOG_LEVEL=LOUD", "NORMAL, ERROR, DEVEL"},
    {"WALG_PGP_KEY=x", "plain text"},
    {"WALG_PGP_KEY_PATH=/x", "plain text"},
    {"WALG_PGP_KEY_PASSPHRASE=x", "plain text"},
    {"WALG_GPG_KEY_ID=x", "plain text"},
    {"WALE_GPG_KEY_ID=x", "plain text"},
    {"GPG_KEY_ID=x", "plain text"},
    {"WALG_LIBSODIUM_KEY=x", "plain text"},
    {"WALG_LIBSODIUM_KEY_PATH=x", "plain text"},
    {"WALG_CSE_KMS_ID=x", "plain text"},
    {"YC_CSE_KMS_KEY_ID=x", "plain text"},
    {"WALG_ENVELOPE_PGP_KEY=x", "plain text"},
    {"WALG_ENVELOPE_PGP_YC_CSE_KMS_KEY_ID=x", "plain text"},
};

/* In the environment and in the file alike, and the message says where. */
START_TEST(a_bad_value_is_refused_with_its_key_and_place)
{
	struct err err;
	char key[64];
	char where[400];
	char text[400];

	(void)snprintf(key, sizeof key, "%.*s",
		       (int)strcspn(refused[_i].pair, "="), refused[_i].pair);
	(void)snprintf(where, sizeof where, "environment: %s", key);
	assert_usage(load_one(refused[_i].pair, &err), &err, refused[_i].word);
	ck_assert_ptr_nonnull(strstr(err.message, where));

	(void)snprintf(text, sizeof text, "# first\n%s\n", refused[_i].pair);
	(void)snprintf(where, sizeof where, "%s:2: %s", path, key);
	assert_usage(load_file(text, &err), &err, refused[_i].word);
	ck_assert_ptr_nonnull(strstr(err.message, where));
}
END_TEST

START_TEST(a_bad_option_is_refused_by_its_name)
{
	char *const environment[] = {NULL};
	const struct setting_override overrides[] = {{SETTING_RETRY_FOR, ""}};
	struct err err = {0};

	assert_usage(settings_load(environment, path, overrides, 1, &err), &err,
		     "--retry-for: ");
}
END_TEST

START_TEST(an_unknown_key_gets_the_nearest_one_as_hint)
{
	struct err err;

	assert_usage(load_one("WALNUT_COMPRESION=lz4", &err), &err,
		     "WALNUT_COMPRESION");
	ck_assert_ptr_nonnull(strstr(err.hint, "WALNUT_COMPRESSION"));
	assert_usage(load_one("WALNUT_CONFIGS=x", &err), &err,
		     "WALNUT_CONFIGS");
	ck_assert_ptr_nonnull(strstr(err.hint, "WALNUT_CONFIG?"));
}
END_TEST

static const struct {
	const char *pairs[3];
	enum setting setting;
	const char *text;
} translated[] = {
    {{"WALG_FILE_PREFIX=/srv/b"}, SETTING_STORE, "file:///srv/b"},
    {{"WALE_FILE_PREFIX=/srv/b"}, SETTING_STORE, "file:///srv/b"},
    {{"WALG_FILE_PREFIX=file://localhost/srv/b"},
     SETTING_STORE,
     "file:///srv/b"},
    {{"WALG_FILE_PREFIX=file:///srv/b"}, SETTING_STORE, "file:///srv/b"},
    /* a path has no escapes, a URL has */
    {{"WALG_FILE_PREFIX=/srv/100%/%41"},
     SETTING_STORE,
     "file:///srv/100%25/%2541"},
    {{"WALG_FILE_PREFIX=file://localhost/%41"}, SETTING_STORE, "file:///%41"},
    {{"WALG_FILE_PREFIX=/srv", "WALG_STORAGE_PREFIX=%41"},
     SETTING_STORE,
     "file:///srv/%2541"},
    {{"WALG_FILE_PREFIX=/srv/b", "WALE_FILE_PREFIX=/srv/b"},
     SETTING_STORE,
     "file:///srv/b"},
    {{"WALG_FILE_PREFIX=/srv/b", "WALG_STORAGE_PREFIX=/x"},
     SETTING_STORE,
     "file:///srv/b/x"},
    {{"WALG_S3_PREFIX=s3://bucket/b"}, SETTING_STORE, "s3://bucket/b"},
    {{"WALG_COMPRESSION_METHOD=lz4"}, SETTING_COMPRESSION, "lz4"},
    {{"WALG_COMPRESSION_METHOD=zstd"}, SETTING_COMPRESSION, "zstd:3"},
    {{"WALG_COMPRESSION_METHOD=zstd", "WALG_ZSTD_LEVEL=fastest"},
     SETTING_COMPRESSION,
     "zstd:1"},
    {{"WALG_COMPRESSION_METHOD=zstd", "WALG_ZSTD_LEVEL=default"},
     SETTING_COMPRESSION,
     "zstd:3"},
    {{"WALG_COMPRESSION_METHOD=zstd", "WALG_ZSTD_LEVEL=better"},
     SETTING_COMPRESSION,
     "zstd:7"},
    {{"WALG_COMPRESSION_METHOD=zstd", "WALG_ZSTD_LEVEL=best"},
     SETTING_COMPRESSION,
     "zstd:11"},
    {{"WALG_ZSTD_LEVEL=best"}, SETTING_COMPRESSION, "zstd:1"},
    {{"WALG_UPLOAD_CONCURRENCY=9"}, SETTING_JOBS, "9"},
    {{"WALG_DOWNLOAD_CONCURRENCY=9"}, SETTING_JOBS, "9"},
    {{"WALG_DOWNLOAD_CONCURRENCY=9", "WALG_UPLOAD_CONCURRENCY=8"},
     SETTING_JOBS,
     "8"},
    {{"WALG_TAR_SIZE_THRESHOLD=1073741823"}, SETTING_PART_SIZE, "1073741823"},
    {{"WALG_DISK_RATE_LIMIT=1000"}, SETTING_RATE_LIMIT, "1000"},
    {{"WALG_LOG_LEVEL=ERROR"}, SETTING_LOG_LEVEL, "quiet"},
    {{"WALG_LOG_LEVEL=NORMAL"}, SETTING_LOG_LEVEL, "normal"},
    {{"WALG_LOG_LEVEL=DEVEL"}, SETTING_LOG_LEVEL, "verbose"},
    {{"WALG_DELTA_MAX_STEPS=6"}, SETTING_LOG_LEVEL, "normal"},
};

START_TEST(the_settings_of_wal_g_mean_what_they_mean_there)
{
	const char *const environment[8] = {translated[_i].pairs[0],
					    translated[_i].pairs[1],
					    translated[_i].pairs[2]};
	struct err err;
	struct settings *s = load_both(environment, "", &err);

	ck_assert_msg(s != NULL, "%s", err.message);
	ck_assert_str_eq(settings_text(s, translated[_i].setting),
			 translated[_i].text);
	settings_free(s);
}
END_TEST

START_TEST(our_name_wins_over_wal_gs_even_from_the_file)
{
	const char *const environment[8] = {
	    "WALG_FILE_PREFIX=/srv/a", "WALG_S3_PREFIX=s3://b/c",
	    "WALG_COMPRESSION_METHOD=none", "WALG_LOG_LEVEL=DEVEL"};
	struct err err;
	struct settings *s = load_both(
	    environment, "WALNUT_STORE=file:///srv/b\nWALNUT_COMPRESSION=lz4\n",
	    &err);

	ck_assert_msg(s != NULL, "%s", err.message);
	ck_assert_str_eq(settings_text(s, SETTING_STORE), "file:///srv/b");
	ck_assert_str_eq(settings_text(s, SETTING_COMPRESSION), "lz4");
	ck_assert_str_eq(settings_text(s, SETTING_LOG_LEVEL), "verbose");
	settings_free(s);
}
END_TEST

START_TEST(two_prefixes_of_wal_g_are_an_error_that_names_both)
{
	const char *const environment[8] = {"WALG_S3_PREFIX=s3://b/c"};
	struct err err;

	assert_usage(load_both(environment, "WALG_FILE_PREFIX=/srv/a\n", &err),
		     &err, "WALG_FILE_PREFIX");
	ck_assert_ptr_nonnull(strstr(err.message, "WALG_S3_PREFIX"));
}
END_TEST

START_TEST(a_level_wal_g_does_not_have_is_named)
{
	const char *const environment[8] = {"WALG_COMPRESSION_METHOD=zstd",
					    "WALG_ZSTD_LEVEL=9"};
	struct err err;

	assert_usage(load_both(environment, "", &err), &err,
		     "WALG_ZSTD_LEVEL \"9\"");
}
END_TEST

static const struct {
	const char *line;
	const char *text;
} values[] = {
    {"WALNUT_STATE_DIR=/a", "/a"},
    {"  WALNUT_STATE_DIR = /a \t\r", "/a"},
    {"export WALNUT_STATE_DIR=/a", "/a"},
    {"export\tWALNUT_STATE_DIR='/a'", "/a"},
    {"WALNUT_STATE_DIR=\"/a b\"  # why", "/a b"},
    {"WALNUT_STATE_DIR='/a \"b\" # c'", "/a \"b\" # c"},
    {"WALNUT_STATE_DIR=/a#b # why", "/a#b"},
    {"WALNUT_STATE_DIR=/a b=c", "/a b=c"},
    {"WALNUT_STATE_DIR=/a\n\n#x\n   # y\n", "/a"},
};

START_TEST(a_line_of_the_file_means_what_a_shell_makes_of_it)
{
	struct err err;
	struct settings *s = load_file(values[_i].line, &err);

	ck_assert_msg(s != NULL, "%s", err.message);
	ck_assert_str_eq(settings_text(s, SETTING_STATE_DIR), values[_i].text);
	settings_free(s);
}
END_TEST

static const struct {
	const char *text;
	const char *word; /* in the message, with file and line before it */
} bad_files[] = {
    {"\nWALNUT_JOBS\n", ":2: expected KEY=value"},
    {"=3", ":1: expected KEY=value"},
    {"3A=3", ":1: expected KEY=value"},
    {"export", ":1: expected KEY=value"},
    {"a-b=3", ":1: expected KEY=value"},
    {"WALNUT_JOBS='3", ":1: the quote does not end"},
    {"WALNUT_JOBS='3'4", ":1: something follows"},
    {"WALNUT_JOBS=3\n#\nWALNUT_JOBS=3", ":3: WALNUT_JOBS is already set in "
					"line 1"},
    {"PATH=/bin", ":1: PATH: not a setting"},
    {"OS_USERNAME=x", ":1: OS_USERNAME: not a setting"},
    {"WALNUT_CONFIG=/x", ":1: WALNUT_CONFIG: the file cannot name"},
};

START_TEST(a_bad_line_of_the_file_is_named_by_its_number)
{
	struct err err;
	char word[400];

	(void)snprintf(word, sizeof word, "%s%s", path, bad_files[_i].word);
	assert_usage(load_file(bad_files[_i].text, &err), &err, word);
}
END_TEST

START_TEST(a_line_that_may_be_a_secret_is_not_shown)
{
	struct err err;

	assert_usage(load_file("PGPASSWORD: hunter2\n", &err), &err,
		     "expected KEY=value");
	ck_assert_ptr_null(strstr(err.message, "hunter2"));
	assert_usage(load_file("PGPASSWORD='hunter2\n", &err), &err, "quote");
	ck_assert_ptr_null(strstr(err.message, "hunter2"));
}
END_TEST

START_TEST(a_nul_byte_in_the_file_is_refused)
{
	static const char text[] = "WALNUT_JOBS=3\0\n";
	char *const environment[] = {NULL};
	struct err err = {0};

	write_file(text, sizeof text - 1);
	assert_usage(settings_load(environment, path, NULL, 0, &err), &err,
		     ":1: contains a NUL");
}
END_TEST

/* Exactly the limit is still read. */
START_TEST(a_file_larger_than_the_limit_is_refused)
{
	char *const environment[] = {NULL};
	char *text = malloc(SETTINGS_FILE_LIMIT + 1);
	struct err err = {0};
	struct settings *s;

	ck_assert_ptr_nonnull(text);
	memset(text, '\n', SETTINGS_FILE_LIMIT + 1);
	write_file(text, SETTINGS_FILE_LIMIT);
	s = settings_load(environment, path, NULL, 0, &err);
	ck_assert_ptr_nonnull(s);
	settings_free(s);
	write_file(text, SETTINGS_FILE_LIMIT + 1);
	assert_usage(settings_load(environment, path, NULL, 0, &err), &err,
		     "1 MiB");
	free(text);
}
END_TEST

START_TEST(a_file_that_is_named_must_be_readable)
{
	char *const environment[] = {NULL};
	char pair[400];
	char *const named[] = {pair, NULL};
	struct err err = {0};

	assert_usage(
	    settings_load(environment, "/nonexistent/x", NULL, 0, &err), &err,
	    "/nonexistent/x");
	assert_usage(settings_load(environment, directory, NULL, 0, &err), &err,
		     directory);
	(void)snprintf(pair, sizeof pair, "WALNUT_CONFIG=%s/none", directory);
	assert_usage(settings_load(named, NULL, NULL, 0, &err), &err, "/none");
}
END_TEST

START_TEST(walnut_config_names_the_file)
{
	char pair[400];
	char *const environment[] = {pair, NULL};
	struct err err = {0};
	struct settings *s;

	write_file("WALNUT_JOBS=9", 13);
	(void)snprintf(pair, sizeof pair, "WALNUT_CONFIG=%s", path);
	s = settings_load(environment, NULL, NULL, 0, &err);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(settings_jobs(s), 9);
	settings_free(s);
}
END_TEST

START_TEST(variables_of_libpq_reach_the_environment_unless_set_there)
{
	struct err err;
	struct settings *s;

	ck_assert_int_eq(setenv("PGUSER", "before", 1), 0);
	ck_assert_int_eq(unsetenv("PGPORT"), 0);
	ck_assert_int_eq(unsetenv("AWS_REGION"), 0);
	s = load_file("PGUSER=after\nPGPORT=5433\nAWS_REGION=x\nWALG_X=1\n",
		      &err);
	ck_assert_msg(s != NULL, "%s", err.message);
	ck_assert_str_eq(getenv("PGUSER"), "before");
	ck_assert_str_eq(getenv("PGPORT"), "5433");
	ck_assert_str_eq(getenv("AWS_REGION"), "x");
	ck_assert_ptr_null(getenv("WALG_X"));
	settings_free(s);
}
END_TEST

START_TEST(a_missing_store_is_an_error_with_an_example)
{
	struct err err;
	struct settings *s = load_file("", &err);

	ck_assert_ptr_null(settings_open_store(s, &err));
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(strstr(err.message, "WALNUT_STORE"));
	ck_assert_ptr_nonnull(
	    strstr(err.hint, "WALNUT_STORE=file:///srv/backup/mycluster"));
	settings_free(s);
}
END_TEST

START_TEST(a_store_nobody_serves_is_named_with_its_setting)
{
	struct err err;
	struct settings *s = load_one("WALG_S3_PREFIX=s3://bucket/x", &err);

	ck_assert_ptr_nonnull(s);
	ck_assert_ptr_null(settings_open_store(s, &err));
	ck_assert_int_eq(err.kind, ERR_USAGE);
	ck_assert_ptr_nonnull(
	    strstr(err.message, "environment: WALG_S3_PREFIX: "));
	ck_assert_ptr_nonnull(strstr(err.message, "s3"));
	settings_free(s);
}
END_TEST

START_TEST(a_file_store_is_opened)
{
	struct err err;
	char pair[400];
	struct settings *s;
	struct store *store;

	(void)snprintf(pair, sizeof pair, "WALG_FILE_PREFIX=%s", directory);
	s = load_one(pair, &err);
	ck_assert_ptr_nonnull(s);
	store = settings_open_store(s, &err);
	ck_assert_msg(store != NULL, "%s", err.message);
	store_free(store);
	settings_free(s);
}
END_TEST

/* What settings_tell prints, read back from a file that stands for stderr. */
START_TEST(what_is_ignored_is_told_at_debug_level)
{
	struct err err;
	struct settings *s = load_one("WALG_DELTA_MAX_STEPS=6", &err);
	char told[1000] = "";
	ssize_t got;
	int fd;

	ck_assert_ptr_nonnull(s);
	fd = open(path, O_RDWR | O_TRUNC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	log_start("check", LOG_VERBOSE);
	settings_tell(s);
	got = pread(fd, told, sizeof told - 1, 0);
	ck_assert_int_gt(got, 0);
	ck_assert_ptr_nonnull(strstr(told, "WALG_DELTA_MAX_STEPS is ignored"));
	(void)close(fd);
	settings_free(s);
}
END_TEST

#define COUNT(table) (int)(sizeof(table) / sizeof(table)[0])

static void
add_value_tests(TCase *tcase)
{
	tcase_add_test(tcase, nothing_set_means_the_defaults);
	tcase_add_loop_test(
	    tcase, every_row_is_complete_and_its_default_passes_its_check, 0,
	    SETTING_COUNT);
	tcase_add_test(
	    tcase, an_option_wins_over_the_environment_and_that_over_the_file);
	tcase_add_test(tcase, an_empty_value_counts_as_not_set);
	tcase_add_loop_test(tcase,
			    a_bad_value_is_refused_with_its_key_and_place, 0,
			    COUNT(refused));
	tcase_add_test(tcase, a_bad_option_is_refused_by_its_name);
	tcase_add_test(tcase, an_unknown_key_gets_the_nearest_one_as_hint);
	tcase_add_loop_test(tcase,
			    the_settings_of_wal_g_mean_what_they_mean_there, 0,
			    COUNT(translated));
	tcase_add_test(tcase, our_name_wins_over_wal_gs_even_from_the_file);
	tcase_add_test(tcase,
		       two_prefixes_of_wal_g_are_an_error_that_names_both);
	tcase_add_test(tcase, a_level_wal_g_does_not_have_is_named);
	tcase_add_test(tcase, what_is_ignored_is_told_at_debug_level);
	tcase_add_test(tcase, a_missing_store_is_an_error_with_an_example);
	tcase_add_test(tcase, a_store_nobody_serves_is_named_with_its_setting);
	tcase_add_test(tcase, a_file_store_is_opened);
}

static void
add_file_tests(TCase *tcase)
{
	tcase_add_loop_test(tcase,
			    a_line_of_the_file_means_what_a_shell_makes_of_it,
			    0, COUNT(values));
	tcase_add_loop_test(tcase,
			    a_bad_line_of_the_file_is_named_by_its_number, 0,
			    COUNT(bad_files));
	tcase_add_test(tcase, a_line_that_may_be_a_secret_is_not_shown);
	tcase_add_test(tcase, a_nul_byte_in_the_file_is_refused);
	tcase_add_test(tcase, a_file_larger_than_the_limit_is_refused);
	tcase_add_test(tcase, a_file_that_is_named_must_be_readable);
	tcase_add_test(tcase, walnut_config_names_the_file);
	tcase_add_test(
	    tcase, variables_of_libpq_reach_the_environment_unless_set_there);
}

int
main(void)
{
	Suite *suite = suite_create("settings");
	TCase *tcase = tcase_create("settings");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	add_value_tests(tcase);
	add_file_tests(tcase);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
