#define _GNU_SOURCE
#include "link.h"
#include "shared.h"

#include <errno.h>
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
	if (down_bytes <= HEADER_BYTES || !ring_size(down_bytes - HEADER_BYTES) ||
		up_bytes <= HEADER_BYTES || !ring_size(up_bytes - HEADER_BYTES))
		return false;
	l->queue_bytes = down_bytes - HEADER_BYTES;
	l->up_bytes = up_bytes - HEADER_BYTES;
	l->down = map_sealed(down, down_bytes, PROT_READ);
	if (!l->down || load64(l->down + DOWN_MAGIC) != MAGIC ||
		load64(l->down + DOWN_QUEUE_BYTES) != l->queue_bytes ||
		load64(l->down + DOWN_UP_BYTES) != l->up_bytes)
		return false;
	l->up_record_max = load64(l->down + DOWN_UP_RECORD_MAX);
	if (l->up_record_max > l->up_bytes - 16) return false;
	l->up = map_sealed(up, up_bytes, PROT_READ | PROT_WRITE);
	return l->up &&
		region_open(
			&l->region, load64(l->down + DOWN_REGION_BYTES), load64(l->down + DOWN_SLOT_BYTES));
}

static bool is_socket(int fd, int wanted) {
	int type = 0;
	socklen_t n = sizeof type;
	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == wanted;
}

struct link *link_open(const int fds[FD_COUNT]) {
	struct link *l = calloc(1, sizeof *l);
	bool right = l && is_socket(fds[FD_BELL], SOCK_STREAM) &&
		is_socket(fds[FD_CONTROL], SOCK_SEQPACKET) && map_all(l, fds[FD_DOWN], fds[FD_UP]);
	/* a mapping outlives its descriptor */
	close(fds[FD_DOWN]);
	close(fds[FD_UP]);
	if (l) {
		l->bell = fds[FD_BELL];
		l->control = fds[FD_CONTROL];
	} else {
		for (int i = FD_BELL; i < FD_COUNT; i++)
			close(fds[i]);
	}
	if (right) return l;
	if (l) link_close(l);
	return NULL;
}

void link_close(struct link *l) {
	if (l->up) {
		store32(l->up + UP_STATE, STATE_GIVEN_UP);
		link_ring(l);
		munmap(l->up, HEADER_BYTES + l->up_bytes);
	}
	if (l->down) munmap((void *)(uintptr_t)l->down, HEADER_BYTES + l->queue_bytes);
	region_close(&l->region);
	close(l->bell);
	close(l->control);
	free(l->segments);
	free(l);
}

void link_attached(struct link *l) {
	store32(l->up + UP_STATE, STATE_ATTACHED);
	link_ring(l);
}

bool link_closed(const struct link *l) { return load32(l->down + DOWN_CLOSED) != 0; }

/* A socket that takes no more has bells that Go has not heard; one without Go's end is found by
 * link_wake. */
void link_ring(struct link *l) {
	ssize_t n;
	do
		n = send(l->bell, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
}

/* Takes the bells that have rung; what is left rings again. False: Go's end is closed. */
static bool hear(struct link *l) {
	unsigned char rung[64];
	ssize_t n = recv(l->bell, rung, sizeof rung, MSG_DONTWAIT);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

bool link_wake(struct link *l, bool bell) {
	return (!bell || hear(l)) && region_receive(&l->region, l->control, MESSAGES_A_TURN) &&
		!link_closed(l);
}
