#include "tests/unit/backup_sample.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

void
backup_sample(struct backup *backup, const char *name)
{
	struct backup_name parsed;
	struct err err = {0};

	backup_init(backup);
	ck_assert_int_eq(backup_name_parse(name, &parsed), 0);
	memcpy(backup->name, name, strlen(name) + 1);
	backup->timeline = parsed.timeline;
	backup->segment_size = 16 << 20;
	backup->start_lsn =
	    (uint64_t)parsed.high << 32 | ((uint64_t)parsed.low << 24) | 0x28;
	backup->finish_lsn = backup->start_lsn + 0x100;
	backup->system_identifier = 7423523111234567890;
	backup->pg_version = 150015;
	backup->uncompressed_size = 33554432000;
	backup->compressed_size = 8123456789;
	backup->data_size = 33600000000;
	backup->file_count = 1234;
	backup->start_time = (struct timespec){1787220000, 123456000};
	backup->finish_time = (struct timespec){1787220300, 500000000};
	backup->hostname = strdup("db1");
	backup->data_directory = strdup("/var/lib/postgresql/15/main");
	backup->label = strdup("nightly \"x\"");
	backup->user_data = strdup("{\"x\":1.10}");
	backup->permanent = true;
	backup->from_standby = true;
	backup->delta = parsed.delta;
	if (parsed.delta) {
		backup->delta_lsn = 3137339432;
		backup->delta_from = strdup(SAMPLE_FULL);
		backup->delta_full = strdup(SAMPLE_FULL);
		backup->delta_count = 1;
	}
	ck_assert_int_eq(
	    tablespace_map_add(&backup->tablespaces, 16385, "/mnt/ts", &err),
	    0);
	ck_assert_int_eq(backup_add_digest(backup,
					   "tar_partitions/part_001.tar.zst",
					   8123456789, 0x00c0ffee, &err),
			 0);
	ck_assert_int_eq(
	    backup_add_digest(backup, "backup_manifest", 12, 0xffffffff, &err),
	    0);
}
