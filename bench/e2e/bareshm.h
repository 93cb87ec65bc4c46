#pragma once
#include <stddef.h>
#include <stdint.h>

// shm_make makes the ring's memory, and the bells of the page and of Go. 0, or -1 and errno.
int shm_make(int fds[3]);
// shm_open_view shows a page in a web context of its own, with the extensions of that directory.
void *shm_open_view(const char *directory, const char *uri);
// shm_offer sends copies of the descriptors to the page's process.
int shm_offer(void *view, const int fds[3]);
void shm_eval(void *view, const char *script);
// shm_reset begins a run: the ring is empty, and the page asleep.
void shm_reset(uint8_t *memory);
// shm_publish says that the ring is written up to tail; 1: the page's bell must be rung.
int shm_publish(uint8_t *memory, uint64_t tail);
uint64_t shm_head(uint8_t *memory);
// shm_want asks for Go's bell once head is there; 0: it is there already.
int shm_want(uint8_t *memory, uint64_t head);
