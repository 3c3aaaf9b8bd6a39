/*
 * frame_program - a format's own command line program and ours understand each
 * other.
 *
 * The programs have to be there: a trial without one fails.
 */
#ifndef WALNUT_UNIT_FRAME_PROGRAM_H
#define WALNUT_UNIT_FRAME_PROGRAM_H

#include "tests/unit/frame_trial.h"

/* frame_program_reads_ours - the format's `decompress` brings back what the
 * encoder took. `directory` is for files in between. */
void frame_program_reads_ours(const struct frame_format *format,
			      const char *directory);

/* frame_program_is_read - the decoder brings back what `command` took: a file's
 * name is put behind it, and a frame comes out on its stdout. */
void frame_program_is_read(const struct frame_format *format,
			   const char *command, const char *directory);

#endif
