/*
 * One link: what an offer's descriptors give. It knows nothing of JavaScript or
 * WebKit, and trusts neither its callers' sizes nor what it reads from memory
 * that Go writes: a wrong value ends the link, never the process.
 * Main thread only.
 */
#ifndef TAILRACE_LINK_H
#define TAILRACE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"
#include "region.h"

/* What the functions below give besides their own values. After GONE the link is only good for
 * link_close. */
enum { GONE = -1, WRONG = -2 };

struct link {
	int bell, control;
	const unsigned char *down;
	unsigned char *up;
	uint64_t queue_bytes, up_bytes, up_record_max;
	struct region region;

	/* queue.c */
	uint64_t head;
	uint32_t sleep, answered; /* generation of our sleep; Go's wish that was answered last */
	bool current;             /* a record has been read, and is not consumed */
	struct record record;
	struct segment
		*segments; /* of the record, checked; the offset of an inline one is in the queue */
	uint64_t segments_room;
	uint64_t apart; /* index of the next apart segment; record.segments = none */

	/* upward.c */
	uint64_t tail, taken;
	uint32_t full, rung; /* generation of our wish for room; Go's sleep that was rung for last */
};

/* Takes the descriptors, whatever it returns. NULL: something of the offer is wrong, or memory is
 * short. */
struct link *link_open(const int fds[FD_COUNT]);

/* Tells Go that the page gave up, unmaps, closes, frees. */
void link_close(struct link *l);

void link_attached(struct link *l);

/*
 * After the bell (bell) or control became readable. False: the link has ended.
 * A bell is taken only where its reader is told: one that rings while a control message is being
 * read must be found by the loop.
 */
bool link_wake(struct link *l, bool bell);

bool link_closed(const struct link *l);
void link_ring(struct link *l);

/* The record at the head: length + flags * 2^32, the same until it is consumed. 0: none, and Go
 * rings when there is one. */
int64_t queue_next(struct link *l);
/* Copies the skeleton; consumes a record without apart segments. The length, or WRONG. */
int64_t queue_read(struct link *l, unsigned char *to, uint64_t room);
/* Copies n bytes of the next apart segment, which may have up to 63 more (padding); the last one
 * consumes the record. n, or WRONG. */
int64_t queue_fill(struct link *l, unsigned char *to, uint64_t room, uint64_t n);
/* Consumes the record: 1, or 0 if there is none. */
int64_t queue_skip(struct link *l);

/* 1: written. 0: no room now, Go rings when there is some. WRONG: larger than a record may be, or
 * empty. */
int64_t upward_push(struct link *l, const unsigned char *from, uint64_t n);
/* Bytes of the up ring that Go has taken. */
int64_t upward_taken(struct link *l);

#endif
