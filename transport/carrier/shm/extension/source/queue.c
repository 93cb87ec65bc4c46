#include "link.h"
#include "shared.h"

#include <stdlib.h>
#include <string.h>

/* Above the skeleton of any batch; a number of the page holds it exactly, with the flags above. */
#define SKELETON_MAX (1u << 30)

/* More segments than this are a wrong value, not a batch. */
#define SEGMENTS_MAX (1u << 20)

/* How far the padding of an apart segment may go beyond what the page asks for. */
#define PADDING_MAX 63u

/* Our own mark of a checked segment, beside the layout's flags: its offset is in the queue. */
#define SEGMENT_IN_QUEUE 2u

/* Publishes the head, and rings where Go waits for it: store the head, then look at the wish; Go
 * writes the wish, then looks at the head. */
static void advance(struct link *l, uint64_t bytes) {
	l->head += bytes;
	store64(l->up + UP_HEAD, l->head);
	uint32_t wish = load32(l->down + DOWN_WANTS);
	if (wish != l->answered && (int64_t)(l->head - load64(l->down + DOWN_WANTS_AT)) >= 0) {
		l->answered = wish;
		link_ring(l);
	}
}

static void consume(struct link *l) {
	l->current = false;
	advance(l, l->record.size);
}

static uint64_t next_apart(const struct link *l, uint64_t from) {
	while (from < l->record.segments && !(l->segments[from].flags & SEGMENT_APART))
		from++;
	return from;
}

/* Reads the segments of l->record, which stands at `position` of the queue, and checks them against
 * it. */
static bool read_segments(struct link *l, uint64_t position) {
	const struct record *r = &l->record;
	if (r->segments == 0 || r->segments > SEGMENTS_MAX ||
		r->segments > (r->size - sizeof *r) / sizeof(struct segment))
		return false;
	if (r->segments > l->segments_room) {
		struct segment *more = realloc(l->segments, r->segments * sizeof *more);
		if (!more) return false;
		l->segments = more;
		l->segments_room = r->segments;
	}
	uint64_t entry = position + sizeof *r, end = position + r->size,
			 inlined = entry + r->segments * sizeof(struct segment);
	uint64_t length = 0;
	bool apart = false;
	for (uint32_t i = 0; i < r->segments; i++, entry += sizeof(struct segment)) {
		struct segment *s = &l->segments[i];
		uint64_t rest = peek64(l->down + HEADER_BYTES + entry + 8);
		s->offset = peek64(l->down + HEADER_BYTES + entry);
		s->length = (uint32_t)rest;
		s->flags = (uint32_t)(rest >> 32);
		if (s->length == 0 || s->flags & ~(uint32_t)SEGMENT_APART) return false;
		if (s->offset == SEGMENT_INLINE) {
			if (s->length > end - inlined) return false;
			s->offset = inlined;
			inlined += s->length;
			s->flags |= SEGMENT_IN_QUEUE;
		} else if (s->offset > l->region.bytes || s->length > l->region.bytes - s->offset) {
			return false;
		}
		if (s->flags & SEGMENT_APART)
			apart = true;
		else
			length += s->length;
	}
	l->apart = next_apart(l, 0);
	return length == r->length && apart == !!(r->flags & RECORD_APART);
}

/* 1: l->record is the record at the head. 0: there is none. */
static int64_t read_record(struct link *l) {
	struct record *r = &l->record;
	uint64_t tail = load64(l->down + DOWN_TAIL);
	for (;;) {
		uint64_t ready = tail - l->head, position = l->head & (l->queue_bytes - 1),
				 lap = l->queue_bytes - position;
		if (ready == 0) return 0;
		if (ready > l->queue_bytes || ready % 8) return GONE;
		const unsigned char *at = l->down + HEADER_BYTES + position;
		uint64_t first = peek64(at);
		r->size = (uint32_t)first;
		r->flags = (uint32_t)(first >> 32);
		if (r->size < 8 || r->size % 8 || r->size > ready || r->size > lap) return GONE;
		if (r->flags == RECORD_PAD && r->size == lap) {
			advance(l, lap);
			continue;
		}
		/* the rest of the header lies in the record, then */
		if (r->size < sizeof *r || r->flags & ~(uint32_t)(RECORD_BORROW | RECORD_APART))
			return GONE;
		r->segments = (uint32_t)peek64(at + 8);
		r->slots = peek64(at + 16);
		r->length = peek64(at + 24);
		if (r->length == 0 || r->length > SKELETON_MAX || !read_segments(l, position)) return GONE;
		if (l->region.processed < r->slots &&
			!(region_receive(&l->region, l->control, UINT32_MAX) &&
				l->region.processed >= r->slots))
			return GONE;
		l->current = true;
		return 1;
	}
}

int64_t queue_next(struct link *l) {
	if (link_closed(l)) return GONE;
	if (!l->current) {
		int64_t found = read_record(l);
		if (found == 0) {
			/* Say that we sleep, then look again: Go writes the tail, then looks whether we
			 * sleep. */
			store32(l->up + UP_SLEEPING, ++l->sleep);
			found = read_record(l);
		}
		if (found != 1) return found;
	}
	return (int64_t)(l->record.length | (uint64_t)l->record.flags << 32);
}

static const unsigned char *bytes_of(const struct link *l, const struct segment *s) {
	return s->flags & SEGMENT_IN_QUEUE ? l->down + HEADER_BYTES + s->offset
									   : region_at(&l->region, s->offset, s->length);
}

int64_t queue_read(struct link *l, unsigned char *to, uint64_t room) {
	if (!l->current || room < l->record.length) return WRONG;
	for (uint32_t i = 0; i < l->record.segments; i++) {
		const struct segment *s = &l->segments[i];
		if (s->flags & SEGMENT_APART) continue;
		const unsigned char *from = bytes_of(l, s);
		if (!from) return GONE;
		memcpy(to, from, s->length); /* the lengths add up to record.length: read_segments */
		to += s->length;
	}
	int64_t length = (int64_t)l->record.length;
	if (l->apart == l->record.segments) consume(l);
	return length;
}

int64_t queue_fill(struct link *l, unsigned char *to, uint64_t room, uint64_t n) {
	if (!l->current || l->apart == l->record.segments) return WRONG;
	const struct segment *s = &l->segments[l->apart];
	if (n > room || n > s->length || s->length - n > PADDING_MAX) return WRONG;
	const unsigned char *from = bytes_of(l, s);
	if (!from) return GONE;
	memcpy(to, from, n);
	l->apart = next_apart(l, l->apart + 1);
	if (l->apart == l->record.segments) consume(l);
	return (int64_t)n;
}

int64_t queue_skip(struct link *l) {
	if (!l->current) return 0;
	consume(l);
	return 1;
}
