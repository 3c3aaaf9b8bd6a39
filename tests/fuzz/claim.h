/*
 * claim - what every fuzzer needs: its entry, and ways to state what must hold.
 */
#ifndef WALNUT_FUZZ_CLAIM_H
#define WALNUT_FUZZ_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/stream/sink.h"

/* The one function of each fuzzer, called by libFuzzer or replay.c. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* claim - abort, with the claim on stderr, unless it holds. */
void claim(bool holds, const char *what);

/* claim_done - the same for a result that must be 0; prints err's message. */
void claim_done(int result, const struct err *err, const char *what);

/* claim_text - the input as text, so that sanitizers see every byte read behind
 * its end. Ownership: returns; release with free. */
char *claim_text(const uint8_t *data, size_t size);

/* claim_pushed - push the input in pieces of `piece` bytes (0: at once) and
 * finish. Ownership: takes to. Returns what the sink says. */
int claim_pushed(struct sink *to, const uint8_t *data, size_t size,
		 size_t piece, struct err *err);

#endif
