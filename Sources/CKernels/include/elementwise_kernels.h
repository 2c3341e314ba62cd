#ifndef PONDER_ELEMENTWISE_KERNELS_H
#define PONDER_ELEMENTWISE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Kernels over single rows. Sums run in 16 lanes (element i goes to lane i mod 16, ascending) that are then folded in
/// halves: lane j takes lane j + 8, then j + 4, j + 2, j + 1.
struct elementwise_kernels {
    /// output[i] = input[i] / sqrt(mean of squares + epsilon) * weight[i]; output may be input.
    void (*normalize)(const float *input, const float *weight, size_t count, float epsilon, float *output);

    /// Rotates the pairs (values[i], values[i + half]) by the angles whose cosines and sines are given ([half] each).
    void (*rotate)(float *values, const float *cosines, const float *sines, size_t half);

    /// output[i] = gate[i] / (1 + exp(-gate[i])) * up[i]; output may be gate or up.
    void (*activate)(const float *gate, const float *up, size_t count, float *output);

    /// accumulator[i] += addend[i].
    void (*add)(float *accumulator, const float *addend, size_t count);

    /// accumulator[i] = fma(addend[i], factor, accumulator[i]).
    void (*add_scaled)(float *accumulator, const float *addend, float factor, size_t count);

    /// Replaces values by exp(value - maximum) / sum.
    void (*softmax)(float *values, size_t count);
};

/// The `chosen_count` largest values' indices, largest first, the lower index first among equals; NaN counts as least.
void select_largest(const float *values, size_t count, size_t chosen_count, int32_t *chosen);

#endif
