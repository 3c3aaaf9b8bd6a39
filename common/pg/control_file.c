#include "common/pg/control_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/crc32c.h"
#include "common/base/file.h"
#include "common/base/path.h"
#include "common/pg/little_endian.h"
#include "common/pg/wal_name.h"

/* How long a file that fails its check is read again, and how often. */
#define AGAIN_FOR_MS 1000
#define AGAIN_EACH_MS 10

/* Where things lie: the same in all versions but for what follows the page
 * checksum version, which moves the CRC. */
enum {
	AT_SYSTEM_IDENTIFIER = 0,
	AT_CONTROL_VERSION = 8,
	AT_CATALOG_VERSION = 12,
	AT_STATE = 16,
	AT_CHECKPOINT = 32,
	AT_REDO = 40,
	AT_TIMELINE = 48,
	AT_MINIMUM_RECOVERY = 136,
	AT_MINIMUM_RECOVERY_TIMELINE = 144,
	AT_MAX_CONNECTIONS = 180,
	AT_MAX_WORKER_PROCESSES = 184,
	AT_MAX_WAL_SENDERS = 188,
	AT_MAX_PREPARED_TRANSACTIONS = 192,
	AT_MAX_LOCKS_PER_TRANSACTION = 196,
	AT_BLOCK_SIZE = 216,
	AT_RELATION_SEGMENT = 220,
	AT_WAL_SEGMENT_SIZE = 228,
	AT_CHECKSUM_VERSION = 252,
	AT_CRC = 288,
	AT_CRC_18 = 292,
};

/* 13 to 16 share the control file's version; their catalogues differ. */
static unsigned
version_of(uint32_t control_version, uint32_t catalog_version)
{
	static const struct {
		uint32_t catalog;
		unsigned version;
	} known[] = {
	    {202007201, 13},
	    {202107181, 14},
	    {202209061, 15},
	    {202307071, 16},
	};

	if (control_version == 1700)
		return 17;
	if (control_version == 1800)
		return 18;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].catalog == catalog_version)
			return known[i].version;
	return 0;
}

/* Before anything else in the file is believed. The zeros behind the CRC mean
 * nothing and are not looked at, as in the server. */
static int
check_crc(const uint8_t *bytes, size_t len, struct err *err)
{
	uint32_t version;
	size_t at;

	if (len != CONTROL_FILE_SIZE)
		return err_set(err, ERR_DAMAGED,
			       "pg_control has %zu bytes instead of %d", len,
			       CONTROL_FILE_SIZE);
	version = little_endian_32(bytes + AT_CONTROL_VERSION);
	if (version != 1300 && version != 1700 && version != 1800)
		return err_set(err, ERR_DAMAGED,
			       "pg_control version %" PRIu32 " is not one of "
			       "PostgreSQL 13 to 18",
			       version);
	at = version == 1800 ? AT_CRC_18 : AT_CRC;
	if (crc32c_update(0, bytes, at) != little_endian_32(bytes + at))
		return err_set(err, ERR_DAMAGED,
			       "pg_control: checksum does not match");
	return 0;
}

static void
fill(struct control_file *control, const uint8_t *bytes)
{
	*control = (struct control_file){
	    .system_identifier = little_endian_64(bytes + AT_SYSTEM_IDENTIFIER),
	    .control_version = little_endian_32(bytes + AT_CONTROL_VERSION),
	    .catalog_version = little_endian_32(bytes + AT_CATALOG_VERSION),
	    .state = (enum control_state)little_endian_32(bytes + AT_STATE),
	    .checkpoint = little_endian_64(bytes + AT_CHECKPOINT),
	    .redo = little_endian_64(bytes + AT_REDO),
	    .timeline = little_endian_32(bytes + AT_TIMELINE),
	    .minimum_recovery = little_endian_64(bytes + AT_MINIMUM_RECOVERY),
	    .minimum_recovery_timeline =
		little_endian_32(bytes + AT_MINIMUM_RECOVERY_TIMELINE),
	    .max_connections = little_endian_32(bytes + AT_MAX_CONNECTIONS),
	    .max_worker_processes =
		little_endian_32(bytes + AT_MAX_WORKER_PROCESSES),
	    .max_wal_senders = little_endian_32(bytes + AT_MAX_WAL_SENDERS),
	    .max_prepared_transactions =
		little_endian_32(bytes + AT_MAX_PREPARED_TRANSACTIONS),
	    .max_locks_per_transaction =
		little_endian_32(bytes + AT_MAX_LOCKS_PER_TRANSACTION),
	    .block_size = little_endian_32(bytes + AT_BLOCK_SIZE),
	    .relation_segment = little_endian_32(bytes + AT_RELATION_SEGMENT),
	    .wal_segment_size = little_endian_32(bytes + AT_WAL_SEGMENT_SIZE),
	    .checksum_version = little_endian_32(bytes + AT_CHECKSUM_VERSION),
	};
	control->version =
	    version_of(control->control_version, control->catalog_version);
}

/* A right CRC over impossible values: another build's layout, not bad luck. */
static int
check_values(const struct control_file *control, struct err *err)
{
	uint32_t block = control->block_size;

	if (control->version == 0)
		return err_set(err, ERR_DAMAGED,
			       "pg_control: catalogue version %" PRIu32
			       " is not one of PostgreSQL 13 to 18",
			       control->catalog_version);
	if (control->state > CONTROL_IN_PRODUCTION)
		return err_set(err, ERR_DAMAGED,
			       "pg_control: state %u is not known",
			       (unsigned)control->state);
	if (block == 0 || (block & (block - 1)) ||
	    control->relation_segment == 0)
		return err_set(err, ERR_DAMAGED,
			       "pg_control: %" PRIu32 " blocks of %" PRIu32
			       " bytes in a file are not possible",
			       control->relation_segment, block);
	if (!wal_segment_size_valid(control->wal_segment_size))
		return err_set(err, ERR_DAMAGED,
			       "pg_control: a WAL segment size of %" PRIu32
			       " bytes is not possible",
			       control->wal_segment_size);
	return 0;
}

int
control_file_parse(const void *data, size_t len, struct control_file *control,
		   struct err *err)
{
	struct control_file parsed;

	if (check_crc(data, len, err) == -1)
		return -1;
	fill(&parsed, data);
	if (check_values(&parsed, err) == -1)
		return -1;
	*control = parsed;
	return 0;
}

/* Reads the file whole into `bytes`, which has room for one byte more than it
 * may have. Returns the length, or -1. */
static ssize_t
load(const char *path, uint8_t bytes[CONTROL_FILE_SIZE + 1], struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd == -1)
		return err_errno(err, errno, "%s", path);
	len = file_read(fd, bytes, CONTROL_FILE_SIZE + 1, path, err);
	(void)close(fd); /* was only read */
	return len;
}

/* The server overwrites the file in one write, which is not atomic to those
 * who read it: half of it may be old. Reading it again settles that; what is
 * really damaged stays so. */
static int
load_whole(const char *path, uint8_t bytes[CONTROL_FILE_SIZE + 1],
	   struct control_file *control, struct err *err)
{
	uint64_t deadline = clock_elapsed_ms() + AGAIN_FOR_MS;

	for (;;) {
		ssize_t len = load(path, bytes, err);

		if (len == -1)
			return -1;
		if (control_file_parse(bytes, (size_t)len, control, err) == 0)
			return 0;
		if (clock_elapsed_ms() >= deadline)
			return err_context(err, "%s", path);
		if (clock_sleep_ms(AGAIN_EACH_MS, err) == -1)
			return -1;
	}
}

int
control_file_read(const char *directory, struct control_file *control,
		  uint8_t bytes[CONTROL_FILE_SIZE], struct err *err)
{
	uint8_t loaded[CONTROL_FILE_SIZE + 1] = {0};
	char *path = path_join(directory, "global/pg_control", err);
	int status;

	if (!path)
		return -1;
	status = load_whole(path, loaded, control, err);
	if (status == 0 && bytes)
		memcpy(bytes, loaded, CONTROL_FILE_SIZE);
	free(path);
	return status;
}
