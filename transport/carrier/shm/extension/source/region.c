#define _GNU_SOURCE
#include "region.h"
#include "layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* More slots than this are a wrong value, not a wish. */
#define SLOTS_MAX (1u << 20)

uint64_t sealed_bytes(int fd, int seals) {
	int has = fcntl(fd, F_GET_SEALS);
	if (has < 0 || (has & seals) != seals) return 0;
	/* statx, since fstat of a new C library is a symbol that an older one lacks */
	struct statx st;
	return statx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &st) == 0 ? st.stx_size : 0;
}

static unsigned char *reserve(void *at, uint64_t bytes, int fixed) {
	void *p =
		mmap(at, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

bool region_open(struct region *r, uint64_t bytes, uint64_t slot_bytes) {
	memset(r, 0, sizeof *r);
	long page = sysconf(_SC_PAGESIZE);
	if (page <= 0 || slot_bytes == 0 || slot_bytes % (uint64_t)page || bytes == 0 ||
		bytes % slot_bytes || bytes / slot_bytes > SLOTS_MAX)
		return false;
	r->bytes = bytes;
	r->slot_bytes = slot_bytes;
	r->slots = bytes / slot_bytes;
	r->mapped = calloc(r->slots, 1);
	if (r->mapped) r->base = reserve(NULL, bytes, 0);
	if (r->base) return true;
	region_close(r);
	return false;
}

void region_close(struct region *r) {
	if (r->base) munmap(r->base, r->bytes);
	free(r->mapped);
	memset(r, 0, sizeof *r);
}

static bool apply(struct region *r, const struct slots_message *m, int fd) {
	if (m->zero || m->count == 0 || m->first >= r->slots || m->count > r->slots - m->first)
		return false;
	unsigned char *at = r->base + m->first * r->slot_bytes, *mapped = r->mapped + m->first;
	uint64_t bytes = m->count * r->slot_bytes;
	bool map = m->op == OP_MAP;
	if ((!map && m->op != OP_UNMAP) || map != (fd >= 0)) return false;
	for (uint32_t i = 0; i < m->count; i++)
		if (mapped[i] == map) return false;
	if (map && sealed_bytes(fd, SEALS_DOWN) != bytes) return false;
	if (map ? mmap(at, bytes, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED
			: !reserve(at, bytes, MAP_FIXED))
		return false;
	memset(mapped, map, m->count);
	return true;
}

/* 1 = one message processed, 0 = none is there, -1 = the end */
static int receive_one(struct region *r, int control) {
	struct slots_message m;
	union {
		struct cmsghdr align;
		unsigned char bytes[CMSG_SPACE(sizeof(int))];
	} extra;
	struct iovec part = {.iov_base = &m, .iov_len = sizeof m};
	struct msghdr h = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &extra, .msg_controllen = sizeof extra};
	ssize_t n;
	do
		n = recvmsg(control, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR); /* what it stands before may be needed now */
	if (n < 0) return errno == EAGAIN ? 0 : -1;
	int fd = -1;
	bool right = n == sizeof m && !(h.msg_flags & (MSG_TRUNC | MSG_CTRUNC));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
		for (size_t at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len; at += sizeof(int)) {
			int more;
			memcpy(&more, (unsigned char *)c + at, sizeof more);
			if (fd < 0) {
				fd = more;
			} else {
				close(more);
				right = false;
			}
		}
	}
	right = right && apply(r, &m, fd);
	if (fd >= 0) close(fd);
	if (right) r->processed++;
	return right ? 1 : -1;
}

bool region_receive(struct region *r, int control, unsigned limit) {
	for (int got = 1; got && limit; limit--) {
		got = receive_one(r, control);
		if (got < 0) return false;
	}
	return true;
}

const unsigned char *region_at(const struct region *r, uint64_t offset, uint64_t length) {
	if (length == 0 || offset >= r->bytes || length > r->bytes - offset) return NULL;
	for (uint64_t i = offset / r->slot_bytes, last = (offset + length - 1) / r->slot_bytes;
		 i <= last; i++)
		if (!r->mapped[i]) return NULL;
	return r->base + offset;
}
