#pragma once
#include <stdatomic.h>
#include <stdint.h>

#define BARESHM_DATA 4096
#define BARESHM_RING (4u << 20)

// What begins the memory that Go and the page map, each word on a cache line pair of its own.
// Positions are counted in bytes from the start of a run and only grow; the ring's bytes follow at
// BARESHM_DATA.
struct bareshm {
	_Alignas(128) _Atomic uint64_t tail;   // Go has written so far
	_Alignas(128) _Atomic uint64_t head;   // the page has copied so far
	_Alignas(128) _Atomic uint32_t asleep; // 1: the page waits for its bell
	_Alignas(128) _Atomic uint64_t wanted; // not 0: Go waits for its bell until head is there
};
