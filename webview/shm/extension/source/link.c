#define _GNU_SOURCE
#include "link.h"
#include "shared.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bounds of what a header may ask for, far above what Go does. */
#define RING_MIN 4096u
#define RING_MAX (1u << 30)

/* Control messages taken in one turn of the main loop; what is left wakes it again. */
#define MESSAGES_A_TURN 64

static bool ring_size(uint64_t n) { return n >= RING_MIN && n <= RING_MAX && (n & (n - 1)) == 0; }

static void *map_sealed(int fd, uint64_t bytes, int access) {
	void *p = mmap(NULL, bytes, access, MAP_SHARED, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

static bool map_all(struct link *l, int down, int up) {
	uint64_t down_bytes = sealed_bytes(down, SEALS_DOWN), up_bytes = sealed_bytes(up, SEALS_UP);
	if (down_bytes <= HEADER_BYTES || !ring_size(down_bytes - HEADER_BYTES) || up_bytes <= HEADER_BYTES || !ring_size(up_bytes - HEADER_BYTES))
		return false;
	l->queue_bytes = down_bytes - HEADER_BYTES;
	l->up_bytes = up_bytes - HEADER_BYTES;
	l->down = map_sealed(down, down_bytes, PROT_READ);
	if (!l->down || load64(l->down + DOWN_MAGIC) != MAGIC || load64(l->down + DOWN_QUEUE_BYTES) != l->queue_bytes || load64(l->down + DOWN_UP_BYTES) != l->up_bytes)
		return false;
	l->up_record_max = load64(l->down + DOWN_UP_RECORD_MAX);
	if (l->up_record_max > l->up_bytes - 16)
		return false;
	l->up = map_sealed(up, up_bytes, PROT_READ | PROT_WRITE);
	return l->up && region_open(&l->region, load64(l->down + DOWN_REGION_BYTES), load64(l->down + DOWN_SLOT_BYTES));
}

static bool nonblocking(int fd) {
	int flags = fcntl(fd, F_GETFL);
	return flags >= 0 && (flags & O_NONBLOCK);
}

static bool packets(int fd) {
	int type = 0;
	socklen_t n = sizeof type;
	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_SEQPACKET;
}

struct link *link_open(const int fds[FD_COUNT]) {
	struct link *l = calloc(1, sizeof *l);
	bool right = l && nonblocking(fds[FD_BELL_DOWN]) && nonblocking(fds[FD_BELL_UP]) && packets(fds[FD_CONTROL]) && map_all(l, fds[FD_DOWN], fds[FD_UP]);
	/* a mapping outlives its descriptor */
	close(fds[FD_DOWN]);
	close(fds[FD_UP]);
	if (l) {
		l->bell_down = fds[FD_BELL_DOWN];
		l->bell_up = fds[FD_BELL_UP];
		l->control = fds[FD_CONTROL];
	} else {
		for (int i = FD_BELL_DOWN; i < FD_COUNT; i++)
			close(fds[i]);
	}
	if (right)
		return l;
	if (l)
		link_close(l);
	return NULL;
}

void link_close(struct link *l) {
	if (l->up) {
		store32(l->up + UP_STATE, STATE_GIVEN_UP);
		link_ring(l);
		munmap(l->up, HEADER_BYTES + l->up_bytes);
	}
	if (l->down)
		munmap((void *)(uintptr_t)l->down, HEADER_BYTES + l->queue_bytes);
	region_close(&l->region);
	close(l->bell_down);
	close(l->bell_up);
	close(l->control);
	free(l->segments);
	free(l);
}

void link_attached(struct link *l) {
	store32(l->up + UP_STATE, STATE_ATTACHED);
	link_ring(l);
}

bool link_closed(const struct link *l) { return load32(l->down + DOWN_CLOSED) != 0; }

/* A full eventfd is readable already: what write says does not matter. */
void link_ring(struct link *l) {
	uint64_t one = 1;
	ssize_t n = write(l->bell_up, &one, sizeof one);
	(void)n;
}

bool link_wake(struct link *l, bool bell) {
	uint64_t count;
	ssize_t n = bell ? read(l->bell_down, &count, sizeof count) : 0;
	(void)n;
	return region_receive(&l->region, l->control, MESSAGES_A_TURN) && !link_closed(l);
}
