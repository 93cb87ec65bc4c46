/*
 * Links against a random other side. An honest one must be served to the end,
 * every byte of every record, both ways, in order. A hostile one writes wrong
 * values into the memory (some from a second thread, at any moment) and sends
 * wrong control messages: it may end the link, but must not make it read or write
 * outside (the sanitizers stop at that), or leave a descriptor open.
 *
 * usage: link ROUNDS
 */
#define _GNU_SOURCE
#include "link.h"
#include "shared.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	QUEUE = 1 << 14,
	UP = 1 << 13,
	SLOT = 1 << 14,
	SLOTS = 8,
	SEGMENTS = 6,
	STEPS = 200,
	WAITING = 1024
};

static uint64_t state;
static uint64_t any(void) {
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}
static uint64_t below(uint64_t n) { return any() % n; }

#define must(what) \
	do { \
		if (!(what)) { \
			fprintf(stderr, "fuzz: line %d: %s\n", __LINE__, #what); \
			abort(); \
		} \
	} while (0)

/* What bytes are expected to be, first in first out. */
struct expected {
	uint64_t sums[WAITING];
	unsigned first, last;
};
static uint64_t sum(uint64_t s, const unsigned char *at, uint64_t n) {
	for (uint64_t i = 0; i < n; i++)
		s = (s ^ at[i]) * 0x100000001b3ull;
	return s ^ n;
}
static void expect(struct expected *e, uint64_t s) { e->sums[e->last++ % WAITING] = s; }
static uint64_t expected(struct expected *e) { return e->sums[e->first++ % WAITING]; }

struct side {
	bool hostile, mapped[SLOTS];
	unsigned char *down, *up;
	int bell, control;
	uint64_t tail, taken, sent;
	unsigned char region[SLOTS * SLOT]; /* what the slots hold */
	struct expected skeletons, aparts, pushed;
};

static int memory(uint64_t bytes, int seals, unsigned char **at) {
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	must(fd >= 0 && ftruncate(fd, (off_t)bytes) == 0);
	*at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(*at != MAP_FAILED && fcntl(fd, F_ADD_SEALS, seals) == 0);
	return fd;
}

/* A value that is likely to be wrong. */
static uint64_t odd(uint64_t right) {
	const uint64_t values[] = {any(), 0, UINT64_MAX, right + 8, right - 1,
		right ^ 1ull << below(64), any() & 0xffff, right};
	return values[below(8)];
}

static bool sometimes(const struct side *s, uint64_t one_in) {
	return s->hostile && below(one_in) == 0;
}

static void send_control(struct side *s) {
	uint32_t first = (uint32_t)below(SLOTS);
	bool map = s->mapped[first] == sometimes(s, 50);
	if (!map && s->tail != load64(s->up + UP_HEAD) && !sometimes(s, 20))
		return; /* a record may still refer to it */
	s->mapped[first] = map;
	struct slots_message m = {.op = map ? OP_MAP : OP_UNMAP, .first = first, .count = 1};
	if (sometimes(s, 100))
		m = (struct slots_message){.op = (uint32_t)below(4),
			.first = (uint32_t)odd(first),
			.count = (uint32_t)odd(1),
			.zero = (uint32_t)below(2)};
	uint64_t bytes = sometimes(s, 100) ? 4096 : SLOT;
	unsigned char *at;
	int fd = memory(bytes, sometimes(s, 100) ? F_SEAL_GROW : SEALS_DOWN, &at);
	memcpy(at, s->region + first * SLOT, bytes);
	munmap(at, bytes);
	int count = sometimes(s, 100) ? (int)below(4) : map;
	union {
		struct cmsghdr header;
		unsigned char bytes[CMSG_SPACE(3 * sizeof(int))];
	} extra = {.header = {.cmsg_level = SOL_SOCKET,
				   .cmsg_type = SCM_RIGHTS,
				   .cmsg_len = CMSG_LEN((size_t)count * sizeof(int))}};
	for (int i = 0; i < count; i++)
		memcpy(extra.bytes + CMSG_LEN((size_t)i * sizeof(int)), &fd, sizeof fd);
	struct iovec part = {.iov_base = &m, .iov_len = sometimes(s, 100) ? below(sizeof m) : sizeof m};
	struct msghdr h = {.msg_iov = &part, .msg_iovlen = 1};
	if (count) {
		h.msg_control = &extra;
		h.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
	}
	ssize_t n = sendmsg(s->control, &h, MSG_DONTWAIT | MSG_NOSIGNAL);
	must(s->hostile || n == sizeof m);
	s->sent++;
	close(fd);
}

static bool is_mapped(const struct side *s, uint64_t offset, uint64_t length) {
	for (uint64_t i = offset / SLOT; i <= (offset + length - 1) / SLOT; i++)
		if (!s->mapped[i]) return false;
	return true;
}

static void break_record(struct record *r, struct segment *e) {
	switch (below(7)) {
	case 0: r->size = (uint32_t)odd(r->size); break;
	case 1: r->flags = (uint32_t)odd(r->flags); break;
	case 2: r->segments = (uint32_t)odd(r->segments); break;
	case 3: r->slots = odd(r->slots); break;
	case 4: r->length = odd(r->length); break;
	case 5: e->offset = odd(e->offset); break;
	case 6: e->length = (uint32_t)odd(e->length); break;
	}
}

/* Room for a record of `size`, after padding where it would cross the end; NULL: there is none. */
static unsigned char *reserve(struct side *s, uint64_t size) {
	uint64_t at = s->tail % QUEUE, lap = QUEUE - at, need = size > lap ? lap + size : size;
	if (s->tail - load64(s->up + UP_HEAD) + need > QUEUE) return NULL;
	unsigned char *queue = s->down + HEADER_BYTES;
	if (size > lap) {
		memcpy(queue + at, (uint32_t[]){(uint32_t)lap, RECORD_PAD}, 8);
		s->tail += lap;
		at = 0;
	}
	return queue + at;
}

static void publish_record(struct side *s) {
	struct segment e[SEGMENTS];
	unsigned char inlined[SEGMENTS * 300];
	uint64_t count = 1 + below(SEGMENTS), used = 0, length = 0, skeleton = 0;
	uint64_t aparts[SEGMENTS];
	unsigned apart = 0;
	for (uint64_t i = 0; i < count; i++) {
		e[i] = (struct segment){.offset = SEGMENT_INLINE,
			.length = 1 + (uint32_t)below(300),
			.flags = i && below(4) == 0 ? SEGMENT_APART : 0};
		const unsigned char *from = inlined + used;
		if (below(2)) {
			e[i].length = 1 + (uint32_t)below(below(3) ? 100 : 3 * SLOT);
			e[i].offset = below((uint64_t)SLOTS * SLOT - e[i].length + 1);
			if (!is_mapped(s, e[i].offset, e[i].length) && !sometimes(s, 50)) return;
			from = s->region + e[i].offset;
		} else {
			for (uint32_t k = 0; k < e[i].length; k++)
				inlined[used++] = (unsigned char)any();
		}
		if (e[i].flags) {
			aparts[apart++] = sum(0, from, e[i].length);
		} else {
			length += e[i].length;
			skeleton = sum(skeleton, from, e[i].length);
		}
	}
	uint64_t size = (sizeof(struct record) + count * sizeof *e + used + 7) & ~7ull;
	struct record r = {.size = (uint32_t)size,
		.flags = (apart ? RECORD_APART : 0) | (below(2) ? RECORD_BORROW : 0),
		.segments = (uint32_t)count,
		.slots = s->sent,
		.length = length};
	unsigned char *to = reserve(s, size);
	if (!to) return;
	if (sometimes(s, 10)) break_record(&r, &e[below(count)]);
	memcpy(to, &r, sizeof r);
	memcpy(to + sizeof r, e, count * sizeof *e);
	memcpy(to + sizeof r + count * sizeof *e, inlined, used);
	expect(&s->skeletons, skeleton);
	for (unsigned i = 0; i < apart; i++)
		expect(&s->aparts, aparts[i]);
	s->tail += size;
	store64(s->down + DOWN_TAIL, s->tail);
}

/* Reads, from the outside of the link, as the page does: into memory of exactly the size that it
 * says. */
static int64_t read_record(struct side *s, struct link *l, uint64_t *reads) {
	int64_t n = queue_next(l);
	if (n <= 0) return n;
	uint64_t length = (uint64_t)n & UINT32_MAX;
	uint64_t room = sometimes(s, 10) ? below(200) : length;
	unsigned char *to = malloc(room + !room);
	n = queue_read(l, to, room);
	if (!s->hostile) {
		must(n == (int64_t)length);
		/* publish_record summed it segment by segment */
		uint64_t skeleton = 0, at = 0;
		for (uint32_t i = 0; i < l->record.segments; i++)
			if (!(l->segments[i].flags & SEGMENT_APART)) {
				skeleton = sum(skeleton, to + at, l->segments[i].length);
				at += l->segments[i].length;
			}
		must(skeleton == expected(&s->skeletons));
		++*reads;
	}
	free(to);
	while (l->current && n > 0) {
		room = l->segments[l->apart].length;
		if (sometimes(s, 10)) room = below(1000);
		to = malloc(room + !room);
		n = queue_fill(l, to, room, sometimes(s, 5) ? odd(l->segments[l->apart].length) : room);
		must(s->hostile || (n == (int64_t)room && sum(0, to, room) == expected(&s->aparts)));
		free(to);
	}
	return n;
}

static int64_t push(struct side *s, struct link *l, uint64_t *pushes) {
	uint64_t size = 1 + below(below(2) ? 50 : UP - 16);
	unsigned char *from = malloc(size);
	for (uint64_t i = 0; i < size; i++)
		from[i] = (unsigned char)any();
	int64_t n = upward_push(l, from, size);
	if (n == 1) {
		++*pushes;
		expect(&s->pushed, sum(0, from, size));
	}
	free(from);
	return n;
}

static void copy_up(const struct side *s, uint64_t position, unsigned char *to, uint64_t n) {
	for (uint64_t i = 0; i < n; i++)
		to[i] = s->up[HEADER_BYTES + (position + i) % UP];
}

static int64_t take(struct side *s, struct link *l) {
	while (s->taken < load64(s->up + UP_TAIL)) {
		uint64_t n;
		unsigned char bytes[UP];
		copy_up(s, s->taken, (unsigned char *)&n, sizeof n);
		must(n < UP);
		copy_up(s, s->taken + sizeof n, bytes, n);
		must(sum(0, bytes, n) == expected(&s->pushed));
		s->taken += 8 + ((n + 7) & ~7ull);
	}
	store64(s->down + DOWN_UP_HEAD, sometimes(s, 20) ? odd(s->taken) : s->taken);
	int64_t taken = upward_taken(l);
	must(s->hostile || taken == (int64_t)s->taken);
	return taken;
}

static bool stop;
static void *scribble(void *side) {
	struct side *s = side;
	for (uint64_t r = 88172645463325252ull; !__atomic_load_n(&stop, __ATOMIC_RELAXED);) {
		r ^= r << 13, r ^= r >> 7, r ^= r << 17;
		store64(s->down + HEADER_BYTES + (r % QUEUE & ~7ull), r >> 40 & 1 ? r : r >> 60);
		if (!(r >> 44)) { /* what the other side says of itself, and what it said at first */
			const int fields[] = {DOWN_TAIL, DOWN_UP_HEAD, DOWN_SLEEPING, DOWN_WANTS, DOWN_WANTS_AT,
				DOWN_CLOSED, DOWN_REGION_BYTES, DOWN_SLOT_BYTES, DOWN_QUEUE_BYTES, DOWN_UP_BYTES,
				DOWN_UP_RECORD_MAX};
			store64(s->down + fields[r % 11], r >> 30 & 1 ? r : r >> 30);
		}
		if (!(r >> 50)) usleep(1);
	}
	return NULL;
}

static uint64_t steps, ended, reads, pushes;

/* A bell that rings while only the control socket is being served stays for its own reader. */
static int64_t wake(struct side *s, struct link *l) {
	bool bell = below(2);
	uint64_t times = 1 + (sometimes(s, 10) ? below(3000) : 0); /* more than the socket takes */
	for (uint64_t i = 0; i < times; i++)
		must(send(s->bell, "!", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 || times > 1);
	if (sometimes(s, 10)) /* the flags of an end are its own */
		must(fcntl(s->bell, F_SETFL, 0) == 0);
	int64_t n = link_wake(l, bell) ? 0 : GONE;
	struct pollfd p = {.fd = l->bell, .events = POLLIN};
	must(poll(&p, 1, 0) == (bell ? 0 : 1) || (bell && times > 1));
	unsigned char left[4096];
	while (recv(l->bell, left, sizeof left, MSG_DONTWAIT) > 0)
		;
	return n;
}

static void use(struct side *s, struct link *l) {
	for (int i = 0; i < STEPS; i++) {
		int64_t n = 0;
		if (below(3) == 0) send_control(s);
		if (below(3)) publish_record(s);
		if (sometimes(s, 40)) {
			const int fields[] = {DOWN_TAIL, DOWN_WANTS_AT, DOWN_WANTS, DOWN_SLEEPING};
			store64(s->down + fields[below(4)], odd(s->tail));
		}
		switch (below(6)) {
		case 0: n = wake(s, l); break;
		case 1: n = push(s, l, &pushes); break;
		case 2: n = take(s, l); break;
		case 3:
			if (s->hostile) {
				n = queue_skip(l);
				break;
			}
			/* fall through */
		default: n = read_record(s, l, &reads);
		}
		steps++;
		if (n == GONE) {
			must(s->hostile);
			ended++;
			return;
		}
	}
}

static void run(bool threads) {
	struct side *s = calloc(1, sizeof *s);
	s->hostile = threads || below(2);
	for (size_t i = 0; i < sizeof s->region; i++)
		s->region[i] = (unsigned char)(i ^ i >> 8);
	int pair[2], bells[2];
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bells) ==
		0); /* blocking: nobody may rely on a flag */
	s->control = pair[1];
	s->bell = bells[1];
	int fds[FD_COUNT] = {memory(HEADER_BYTES + QUEUE, SEALS_DOWN, &s->down),
		memory(HEADER_BYTES + UP, SEALS_UP, &s->up), bells[0], pair[0]};
	uint64_t header[] = {MAGIC, (uint64_t)SLOTS * SLOT, SLOT, QUEUE, UP, UP - 16};
	if (sometimes(s, 10)) header[below(6)] = odd(header[below(6)]);
	memcpy(s->down, header, sizeof header);
	struct link *l = link_open(fds);
	must(l || s->hostile);
	if (l) {
		pthread_t thread;
		stop = false;
		must(!threads || pthread_create(&thread, NULL, scribble, s) == 0);
		link_attached(l);
		use(s, l);
		__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
		if (threads) pthread_join(thread, NULL);
		link_close(l);
	}
	munmap(s->down, HEADER_BYTES + QUEUE);
	munmap(s->up, HEADER_BYTES + UP);
	close(pair[1]);
	close(bells[1]);
	free(s);
}

static int descriptors(void) {
	int n = 0;
	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int main(int argc, char **argv) {
	long rounds = argc > 1 ? atol(argv[1]) : 2000;
	int before = descriptors();
	for (long i = 0; i < rounds; i++) {
		state = 0x9e3779b97f4a7c15ull * (uint64_t)(i + 1);
		run(i % 8 == 0);
	}
	must(descriptors() == before && reads > 0 && pushes > 0 && ended > 0);
	printf("extension: %ld links, %lu steps, %lu ended by wrong values, %lu records whole, %lu "
		   "sent up\n",
		rounds, steps, ended, reads, pushes);
	return 0;
}
