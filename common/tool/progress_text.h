/*
 * progress_text - how far a piece of work is, in words and as a bar.
 */
#ifndef WALNUT_TOOL_PROGRESS_TEXT_H
#define WALNUT_TOOL_PROGRESS_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Columns beyond which a bar is not drawn wider, and room for one with NUL. */
#define PROGRESS_TEXT_COLUMNS 120
#define PROGRESS_TEXT_SIZE 256

/* A moment's figures. */
struct progress_figures {
	const char *what;
	uint64_t done;     /* bytes */
	uint64_t expected; /* bytes; 0: not known */
	uint64_t files;
	uint64_t elapsed_ms;
};

/* progress_text_line - "backing up: 45 %, 5.5 GiB of 12.3 GiB, 312 MiB/s, 1234
 * files, 22 s left". */
void progress_text_line(const struct progress_figures *figures,
			char text[PROGRESS_TEXT_SIZE]);

/* progress_text_bar - the same with a bar, in fewer than `columns` columns:
 * what does not fit is left out, from the end. */
void progress_text_bar(const struct progress_figures *figures, unsigned columns,
		       char text[PROGRESS_TEXT_SIZE]);

/* progress_text_end - "backing up: 12.3 GiB, 1234 files in 40.1 s, 312 MiB/s".
 */
void progress_text_end(const struct progress_figures *figures,
		       char text[PROGRESS_TEXT_SIZE]);

#endif
