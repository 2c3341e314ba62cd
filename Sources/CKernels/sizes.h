#ifndef PONDER_SIZES_H
#define PONDER_SIZES_H

#include <stddef.h>

// How work is cut for the workers.

static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t larger(size_t a, size_t b) { return a > b ? a : b; }
static inline size_t divided_up(size_t count, size_t by) { return (count + by - 1) / by; }

#endif
