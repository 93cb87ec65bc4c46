/*
 * Reading and writing what another process may change at any time: each value
 * is read once, into a variable of ours, and checked there.
 */
#ifndef TAILRACE_SHARED_H
#define TAILRACE_SHARED_H

#include <stdint.h>

static inline uint32_t load32(const unsigned char *at) {
	return __atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_SEQ_CST);
}
static inline uint64_t load64(const unsigned char *at) {
	return __atomic_load_n((const uint64_t *)(const void *)at, __ATOMIC_SEQ_CST);
}
static inline void store32(unsigned char *at, uint32_t v) {
	__atomic_store_n((uint32_t *)(void *)at, v, __ATOMIC_SEQ_CST);
}
static inline void store64(unsigned char *at, uint64_t v) {
	__atomic_store_n((uint64_t *)(void *)at, v, __ATOMIC_SEQ_CST);
}

/* Ordered by an earlier load64 of a position, read once by the compiler too. */
static inline uint64_t peek64(const unsigned char *at) {
	return __atomic_load_n((const uint64_t *)(const void *)at, __ATOMIC_RELAXED);
}

#endif
