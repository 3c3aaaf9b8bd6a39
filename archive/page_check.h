/*
 * page_check - page checksums: whether a page of a relation is whole.
 *
 * Source: PostgreSQL, storage/checksum_impl.h (a checksum derived from FNV-1a,
 * in 32 lanes) and storage/bufpage.h.
 */
#ifndef WALNUT_ARCHIVE_PAGE_CHECK_H
#define WALNUT_ARCHIVE_PAGE_CHECK_H

#include <stddef.h>
#include <stdint.h>

/* page_checksum - what a page of `size` bytes (a multiple of 128) that is block
 * number `block` of its relation's fork should carry. */
uint16_t page_checksum(const uint8_t *page, size_t size, uint32_t block);

/* page_lsn - the end of the last WAL record that changed the page. */
uint64_t page_lsn(const uint8_t *page);

enum page_state {
	PAGE_WHOLE,
	PAGE_NEW, /* all zero: allocated, never written */
	PAGE_BROKEN,
};

/* page_check - the state of a page in memory. Broken may also mean torn: read
 * while it was being written. */
enum page_state page_check(const uint8_t *page, size_t size, uint32_t block);

#endif
