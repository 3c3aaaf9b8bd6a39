#include "tests/unit/frame_program.h"

#include <stdio.h>
#include <stdlib.h>

#include <check.h>

#include "common/base/buf.h"
#include "common/base/file.h"

/* Run a command with `file` behind it, its stdout into the file `output`. */
static void
run(const char *command, const char *file, const char *output)
{
	char line[4096];

	snprintf(line, sizeof(line), "%s '%s' >'%s' 2>&1", command, file,
		 output);
	ck_assert_msg(system(line) == 0, "%s", line);
}

static void
save(const char *path, const struct buf *buf)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(buf_text(buf), 1, buf->len, file), buf->len);
	ck_assert_int_eq(fclose(file), 0);
}

static void
load(const char *path, struct buf *buf)
{
	struct err err = {0};

	ck_assert_msg(file_load(path, buf, &err) == 0, "%s", err.message);
}

/* Text and noise, so that there are blocks of every type. */
static void
mixed(struct buf *content, size_t len)
{
	buf_clear(content);
	frame_trial_text(content, len);
	frame_trial_noise(content, len);
	frame_trial_text(content, len);
}

void
frame_program_reads_ours(const struct frame_format *format,
			 const char *directory)
{
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf frame = BUF_INIT(FRAME_TRIAL_LIMIT);
	char ours[1024];
	char theirs[1024];

	snprintf(ours, sizeof(ours), "%s/ours", directory);
	snprintf(theirs, sizeof(theirs), "%s/theirs", directory);
	for (size_t len = 0; len < 5000000; len = len * 9 + 1) {
		struct buf got = BUF_INIT(FRAME_TRIAL_LIMIT);

		mixed(&content, len);
		buf_clear(&frame);
		frame_trial_encode(format, &content, 262144, &frame);
		save(ours, &frame);
		run(format->decompress, ours, theirs);
		load(theirs, &got);
		frame_trial_same(&got, &content);
		buf_free(&got);
	}
	buf_free(&content);
	buf_free(&frame);
}

void
frame_program_is_read(const struct frame_format *format, const char *command,
		      const char *directory)
{
	struct buf content = BUF_INIT(FRAME_TRIAL_LIMIT);
	struct buf frame = BUF_INIT(FRAME_TRIAL_LIMIT);
	char ours[1024];
	char theirs[1024];

	snprintf(ours, sizeof(ours), "%s/ours", directory);
	snprintf(theirs, sizeof(theirs), "%s/theirs", directory);
	for (size_t len = 0; len < 5000000; len = len * 9 + 1) {
		mixed(&content, len);
		save(ours, &content);
		run(command, ours, theirs);
		buf_clear(&frame);
		load(theirs, &frame);
		frame_trial_expect(format, &frame, &content);
	}
	buf_free(&content);
	buf_free(&frame);
}
