/*
 * The memory that Go and the page's process share, as ../../LAYOUT.md draws it.
 * Little-endian; positions are monotonic 64-bit counts of bytes; every atomic
 * is sequentially consistent.
 */
#ifndef TAILRACE_LAYOUT_H
#define TAILRACE_LAYOUT_H

#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the layout is little-endian");

/* The descriptors of an offer, in their order. */
enum { FD_DOWN, FD_UP, FD_BELL, FD_CONTROL, FD_COUNT };

/* `down`: Go writes, this side maps it for reading. */
enum {
	DOWN_MAGIC = 0,
	DOWN_REGION_BYTES = 8,
	DOWN_SLOT_BYTES = 16,
	DOWN_QUEUE_BYTES = 24,
	DOWN_UP_BYTES = 32,
	DOWN_UP_RECORD_MAX = 40,
	DOWN_TAIL = 128,     /* u64: queue bytes written */
	DOWN_UP_HEAD = 256,  /* u64: up-ring bytes taken */
	DOWN_SLEEPING = 384, /* u32: generation of the up-reader's sleep */
	DOWN_WANTS = 512,    /* u32: generation of Go's wish for a bell */
	DOWN_WANTS_AT = 520, /* u64: the head at which it wants it */
	DOWN_CLOSED = 640,   /* u32: 1 = Go has ended the link */
};

/* `up`: this side writes, Go maps it for reading. */
enum {
	UP_HEAD = 0,       /* u64: queue bytes consumed */
	UP_TAIL = 128,     /* u64: up-ring bytes written */
	UP_SLEEPING = 256, /* u32: generation of the page's sleep */
	UP_WANTS = 384,    /* u32: generation: the page waits for room in the up ring */
	UP_STATE = 512,    /* u32: enum up_state */
};
enum up_state { STATE_OFFERED, STATE_ATTACHED, STATE_GIVEN_UP };

/* Where the queue and the up ring begin. */
#define HEADER_BYTES 4096u
#define MAGIC 0x31535254u /* "TRS1" */

/* A queue record: this header, its segments, the inline bytes. Of a PAD record only the first 8
 * bytes count. */
struct record {
	uint32_t size; /* of the whole record, a multiple of 8 */
	uint32_t flags;
	uint32_t segments;
	uint32_t zero;
	uint64_t slots;  /* control messages that it builds on */
	uint64_t length; /* of the skeleton: the segments that are not apart */
};
enum { RECORD_PAD = 1, RECORD_BORROW = 2, RECORD_APART = 4 };

struct segment {
	uint64_t offset; /* in the region, or SEGMENT_INLINE */
	uint32_t length;
	uint32_t flags;
};
#define SEGMENT_INLINE UINT64_MAX
enum { SEGMENT_APART = 1 };

/* A control message; OP_MAP carries one descriptor. */
struct slots_message {
	uint32_t op;
	uint32_t first;
	uint32_t count;
	uint32_t zero;
};
enum { OP_MAP = 1, OP_UNMAP = 2 };

_Static_assert(sizeof(struct record) == 32 && sizeof(struct segment) == 16 &&
		sizeof(struct slots_message) == 16,
	"sizes of the layout");

#endif
