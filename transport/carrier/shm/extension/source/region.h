/*
 * The region: address space reserved once, in which slots come and go as Go
 * says on the control socket. Reading outside a mapped slot is never possible
 * through region_at.
 */
#ifndef TAILRACE_REGION_H
#define TAILRACE_REGION_H

#include <stdbool.h>
#include <stdint.h>

struct region {
	unsigned char *base;
	uint64_t bytes;
	uint64_t slot_bytes;
	uint64_t slots;
	unsigned char *mapped; /* a byte a slot */
	uint64_t processed;    /* control messages so far */
};

bool region_open(struct region *r, uint64_t bytes, uint64_t slot_bytes);
void region_close(struct region *r);

/* Processes the control messages that are there, at most `limit` of them. False: the other side is
 * gone, or broke the rules. */
bool region_receive(struct region *r, int control, unsigned limit);

/* The bytes at `offset`, or NULL where [offset, offset+length) is not mapped as a whole. */
const unsigned char *region_at(const struct region *r, uint64_t offset, uint64_t length);

/* The size of a file that can't shrink: of a memfd with at least these seals; else 0. */
uint64_t sealed_bytes(int fd, int seals);

#define SEALS_UP (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define SEALS_DOWN (SEALS_UP | F_SEAL_FUTURE_WRITE)

#endif
