#include "link.h"
#include "shared.h"

#include <string.h>

#define LENGTH_BYTES 8u

/* What Go has taken, or GONE where it says that it took what was never written, or gave back what
 * it had taken. */
static int64_t update_taken(struct link *l) {
	uint64_t taken = load64(l->down + DOWN_UP_HEAD);
	if (taken - l->taken > l->tail - l->taken || taken % 8) return GONE;
	l->taken = taken;
	return (int64_t)taken;
}

static uint64_t room(const struct link *l) { return l->up_bytes - (l->tail - l->taken); }

/* Copies to the ring at `position`, in two parts where it wraps. */
static void put(struct link *l, uint64_t position, const unsigned char *from, uint64_t n) {
	unsigned char *ring = l->up + HEADER_BYTES;
	uint64_t at = position & (l->up_bytes - 1), first = l->up_bytes - at < n ? l->up_bytes - at : n;
	memcpy(ring + at, from, first);
	memcpy(ring, from + first, n - first);
}

int64_t upward_push(struct link *l, const unsigned char *from, uint64_t n) {
	if (link_closed(l)) return GONE;
	if (n == 0 || n > l->up_record_max) return WRONG;
	uint64_t padded = (n + 7) & ~(uint64_t)7, need = LENGTH_BYTES + padded;
	if (room(l) < need && update_taken(l) < 0) return GONE;
	if (room(l) < need) {
		/* Say that we wait, then look again: Go writes what it took, then looks whether we wait. */
		store32(l->up + UP_WANTS, ++l->full);
		if (update_taken(l) < 0) return GONE;
		if (room(l) < need) return 0;
	}
	static const unsigned char zeros[8];
	put(l, l->tail, (const unsigned char *)&n, LENGTH_BYTES);
	put(l, l->tail + LENGTH_BYTES, from, n);
	put(l, l->tail + LENGTH_BYTES + n, zeros, padded - n);
	l->tail += need;
	/* Publish, then look whether Go sleeps: Go says that it sleeps, then looks at the tail. */
	store64(l->up + UP_TAIL, l->tail);
	uint32_t sleep = load32(l->down + DOWN_SLEEPING);
	if (sleep != l->rung) {
		l->rung = sleep;
		link_ring(l);
	}
	return 1;
}

int64_t upward_taken(struct link *l) { return update_taken(l); }
