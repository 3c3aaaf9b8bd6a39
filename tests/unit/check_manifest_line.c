#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg/manifest.h"
#include "tests/unit/manifest_told.h"

/* A manifest of one file and one range, of which one is the text under test. */
#define FILE_LINE                                             \
	"{ \"Path\": \"a\", \"Size\": 1, \"Last-Modified\": " \
	"\"2026-11-21 04:28:02 GMT\" }\n"
#define RANGE_LINE \
	"{ \"Timeline\": 1, \"Start-LSN\": \"0/1\", \"End-LSN\": \"0/2\" }\n"
#define V1 "{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n"
#define V2 "{ \"PostgreSQL-Backup-Manifest-Version\": 2,\n"
#define FILES "\"Files\": [\n"
#define RANGES "],\n\"WAL-Ranges\": [\n"
#define END "],\n"
#define WITH_FILE(line) V1 FILES line RANGES RANGE_LINE END
#define WITH_RANGE(line) V1 FILES FILE_LINE RANGES line END
#define TIME "\"Last-Modified\": \"2026-11-21 04:28:02 GMT\""
#define HEX28 "00000000000000000000000000000000000000000000000000000000"

static const char *const accepted[] = {
    WITH_FILE(FILE_LINE),
    WITH_RANGE(RANGE_LINE),
    V2 "\"System-Identifier\": 0,\n" FILES FILE_LINE RANGES END,
    WITH_FILE("{\"Size\":1," TIME ",\"Path\":\"a\"}\n"),
    WITH_FILE("{ \"Encoded-Path\": \"61\", \"Size\": 0, " TIME " }\n"),
    WITH_FILE("{ \"Path\": \"a\", \"Size\": 1, " TIME
	      ", \"Checksum-Algorithm\": \"SHA224\", \"Checksum\": \"" HEX28
	      "\" }\n"),
    WITH_FILE("{ \"Path\": \"a\", \"Size\": 1, " TIME
	      ", \"Checksum-Algorithm\": \"SHA256\", \"Checksum\": \"" HEX28
	      "00000000\" }\n"),
    WITH_FILE("{ \"Path\": \"a\", \"Size\": 1, " TIME
	      ", \"Checksum-Algorithm\": \"SHA384\", \"Checksum\": "
	      "\"0000000000000000000000000000000000000000" HEX28 "\" }\n"),
    WITH_FILE("{ \"Path\": \"a\", \"Size\": 1, " TIME
	      ", \"Checksum-Algorithm\": \"SHA512\", \"Checksum\": "
	      "\"0000000000000000" HEX28 HEX28 "\" }\n"),
};

START_TEST(what_other_tools_write_is_accepted)
{
	char *text = manifest_told_seal(accepted[_i]);
	struct manifest_told told = {0};
	struct err err = {0};

	ck_assert_msg(manifest_told_read(text, strlen(text), 64, &told, &err) ==
			  0,
		      "%s", err.message);
	ck_assert_uint_eq(told.files, 1);
	ck_assert_str_eq(told.paths[0], "a");
	ck_assert(!told.kept[0].has_crc32c);
	free(text);
}
END_TEST

#define PATH_LINE(path) "{ \"Path\": \"" path "\", \"Size\": 1, " TIME " }\n"
#define SUM_LINE(sum) "{ \"Path\": \"a\", \"Size\": 1, " TIME ", " sum " }\n"

static const struct {
	const char *body;
	const char *word;
} refused[] = {
    {"", "version 1 or 2"},
    {"\n", "version 1 or 2"},
    {"{ \"PostgreSQL-Backup-Manifest-Version\": 3,\n", "version 1 or 2"},
    {V1 "\"System-Identifier\": 1,\n" FILES RANGES END, "line 2"},
    {V2 FILES RANGES END, "line 2"},
    {V2 "\"System-Identifier\": 18446744073709551616,\n" FILES RANGES END,
     "line 2"},
    {V2 "\"System-Identifier\": -1,\n" FILES RANGES END, "line 2"},
    {V2 "\"System-Identifier\": ,\n" FILES RANGES END, "line 2"},
    {V1 "\"WAL-Ranges\": [\n" END FILES END, "line 2"},
    {V1 FILES RANGES "]\n", "line 5"},
    {V1 FILES FILE_LINE FILE_LINE RANGES END, "line 4"},
    {V1 FILES PATH_LINE("a") "\n" RANGES END, "line 4"},
    {V1 FILES RANGES END "\n", "checksum"},
    {WITH_FILE("nonsense\n"), "JSON"},
    {WITH_FILE("[]\n"), "JSON"},
    {WITH_FILE("{ \"Path\": \"a\", \"Path\": \"b\", \"Size\": 1, " TIME "}\n"),
     "JSON"},
    {WITH_FILE("{ \"Path\": \"a\", \"Size\": 1, " TIME " },\n"), "line 4"},
    {WITH_FILE("{ \"Size\": 1, " TIME " }\n"), "without one path"},
    {WITH_FILE("{ \"Path\": \"a\", \"Encoded-Path\": \"61\", \"Size\": 1, " TIME
	       " }\n"),
     "without one path"},
    {WITH_FILE("{ \"Path\": 5, \"Size\": 1, " TIME " }\n"), "without one path"},
    {WITH_FILE("{ \"Encoded-Path\": \"6\", \"Size\": 1, " TIME " }\n"),
     "hexadecimal"},
    {WITH_FILE("{ \"Encoded-Path\": \"6g\", \"Size\": 1, " TIME " }\n"),
     "hexadecimal"},
    {WITH_FILE("{ \"Encoded-Path\": \"6100\", \"Size\": 1, " TIME " }\n"),
     "hexadecimal"},
    {WITH_FILE("{ \"Encoded-Path\": \"2f61\", \"Size\": 1, " TIME " }\n"),
     "leaves"},
    {WITH_FILE(PATH_LINE("")), "leaves"},
    {WITH_FILE(PATH_LINE("/etc/passwd")), "leaves"},
    {WITH_FILE(PATH_LINE("../a")), "leaves"},
    {WITH_FILE(PATH_LINE("a/../../b")), "leaves"},
    {WITH_FILE(PATH_LINE("a\\u0000b")), "JSON"},
    {WITH_FILE("{ \"Path\": \"a\", " TIME " }\n"), "no size"},
    {WITH_FILE("{ \"Path\": \"a\", \"Size\": -1, " TIME " }\n"), "no size"},
    {WITH_FILE("{ \"Path\": \"a\", \"Size\": \"1\", " TIME " }\n"), "no size"},
    {WITH_FILE("{ \"Path\": \"a\", \"Size\": 1.5, " TIME " }\n"), "no size"},
    {WITH_FILE("{ \"Path\": \"a\", \"Size\": 1 }\n"), "no time"},
    {WITH_FILE("{ \"Path\": \"a\", \"Size\": 1, \"Last-Modified\": "
	       "\"yesterday\" }\n"),
     "no time"},
    {WITH_FILE("{ \"Path\": \"a\", \"Size\": 1, \"Last-Modified\": "
	       "\"2026-11-21 04:28:02 CET\" }\n"),
     "no time"},
    {WITH_FILE(SUM_LINE("\"Checksum\": \"00000000\"")), "checksum"},
    {WITH_FILE(SUM_LINE("\"Checksum-Algorithm\": \"CRC32C\"")), "checksum"},
    {WITH_FILE(SUM_LINE("\"Checksum-Algorithm\": \"MD5\", \"Checksum\": "
			"\"00000000\"")),
     "checksum"},
    {WITH_FILE(SUM_LINE("\"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": "
			"\"000000000\"")),
     "checksum"},
    {WITH_FILE(SUM_LINE("\"Checksum-Algorithm\": \"CRC32C\", \"Checksum\": "
			"\"0000000x\"")),
     "checksum"},
    {WITH_FILE(SUM_LINE("\"Owner\": \"root\"")), "key"},
    {WITH_RANGE("{ \"Timeline\": 0, \"Start-LSN\": \"0/1\", \"End-LSN\": "
		"\"0/2\" }\n"),
     "range"},
    {WITH_RANGE("{ \"Timeline\": 4294967296, \"Start-LSN\": \"0/1\", "
		"\"End-LSN\": \"0/2\" }\n"),
     "range"},
    {WITH_RANGE("{ \"Timeline\": 1, \"Start-LSN\": \"0/3\", \"End-LSN\": "
		"\"0/2\" }\n"),
     "range"},
    {WITH_RANGE("{ \"Timeline\": 1, \"Start-LSN\": \"3\", \"End-LSN\": "
		"\"0/4\" }\n"),
     "range"},
    {WITH_RANGE("{ \"Timeline\": 1, \"Start-LSN\": \"0/3\" }\n"), "range"},
    {WITH_RANGE(FILE_LINE), "key"},
};

START_TEST(a_wrong_manifest_is_damaged_however_well_it_is_sealed)
{
	char *text = manifest_told_seal(refused[_i].body);
	struct manifest_told told = {0};
	struct err err = {0};

	ck_assert_int_eq(
	    manifest_told_read(text, strlen(text), 64, &told, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DAMAGED);
	ck_assert_msg(strstr(err.message, refused[_i].word), "%s", err.message);
	ck_assert_ptr_nonnull(strstr(err.message, "backup manifest: "));
	free(text);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("manifest_line");
	TCase *tcase = tcase_create("manifest_line");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, what_other_tools_write_is_accepted, 0,
			    sizeof(accepted) / sizeof(accepted[0]));
	tcase_add_loop_test(
	    tcase, a_wrong_manifest_is_damaged_however_well_it_is_sealed, 0,
	    sizeof(refused) / sizeof(refused[0]));
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
