#pragma once
#include <stddef.h>
#include <stdint.h>

// A custom scheme bare:// without anything around it: canned answers, straight from C.
void bare_register(void *window);
// bare_serve does so for a web context.
void bare_serve(void *context);
// bare_can sets canned answer i; p and type must stay.
void bare_can(int i, const void *p, size_t n, const char *type);
// The times, in ns, at which the requests /t/… since the last reset came.
void bare_reset(void);
int bare_count(void);
int64_t bare_time(int i);
