#ifndef PONDER_COMPARISON_H
#define PONDER_COMPARISON_H

#include "CKernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What the comparisons share: numbers from a seed, memory, and the verdict. Every comparison is of bits; only a NaN
// equals any other, as its payload is the processor's business.

/// Where a value is drawn from.
enum number_kind {
    ordinary_numbers,
    tiny_numbers,  // around the smallest normal one and below
    huge_numbers,  // whose sums overflow
    equal_numbers, // all of one magnitude, so that all codes are the largest
    any_numbers,   // any bits, infinities and NaN among them
    zero_numbers,
};
enum { number_kind_count = 6 };

/// What is compared, for the message.
struct comparison {
    const struct kernel_table *kernels;
    const char *what;
    size_t details[4];
};

/// The next number of a sequence that is the same on every machine (SplitMix64).
uint64_t next_random(void);
void seed_random(uint64_t seed);
float random_number(enum number_kind kind);
float *random_numbers(enum number_kind kind, size_t count);

/// Zeroed memory, aligned to 64 bytes and never freed.
void *memory_of(size_t byte_count);

/// Complains and makes the program fail unless the bits agree.
void compare_floats(const struct comparison *comparison, const float *found, const float *expected, size_t count);
void compare_bytes(const struct comparison *comparison, const void *found, const void *expected, size_t count);

/// Takes the reference's results into the digest that main prints: it is the same on all processors.
void digest_floats(const float *values, size_t count);
void digest_bytes(const void *bytes, size_t count);

void compare_multiply(const struct kernel_table *reference, const struct kernel_table *kernels);
void compare_attention(const struct kernel_table *reference, const struct kernel_table *kernels);
void compare_elementwise(const struct kernel_table *reference, const struct kernel_table *kernels);

#endif
