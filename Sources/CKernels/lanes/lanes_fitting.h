#ifndef PONDER_LANES_FITTING_H
#define PONDER_LANES_FITTING_H

#include <stdint.h>

// Eight lanes of floats for fits of scales: sums are kept in lanes, so that every processor adds in the same order, whatever
// width its registers have. No vector leaves a file, so that its calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float lanes __attribute__((ext_vector_type(8)));
typedef int32_t lane_integers __attribute__((ext_vector_type(8)));

enum { lane_count = 8 };

static inline float sum_of(lanes v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

/// What is added and taken away again leaves the nearest integer, ties to even, of numbers far below 2^22.
#define rounding_shift 0x1.8p23f

static inline lanes rounded(lanes v) { return (v + rounding_shift) - rounding_shift; }

static inline float rounded_number(float value) { return (value + rounding_shift) - rounding_shift; }

/// What is no number becomes `low`.
static inline lanes clamped(lanes v, float low, float high) {
    return __builtin_elementwise_min(__builtin_elementwise_max(v, (lanes)low), (lanes)high);
}

static inline float clamped_number(float value, float low, float high) {
    return value > low ? (value < high ? value : high) : low;
}

static inline float magnitude_of(float value) { return value < 0 ? -value : value; }

#endif
