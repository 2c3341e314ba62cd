#ifndef PONDER_LANES_LOGITS_H
#define PONDER_LANES_LOGITS_H

#include "lanes.h"

// Kernels over logits in lanes: a block is four vectors.

typedef bool mask16 __attribute__((ext_vector_type(16)));

enum { block_vectors = logit_block_length / 16 };

/// A block's vectors; what is missing at the row's end is -infinity.
struct logit_block {
    f32x16 vectors[block_vectors];
};

inlined struct logit_block load_logits(const float *values, size_t count) {
    struct logit_block block;
    if (count >= logit_block_length) {
#pragma clang loop unroll(full)
        for (int v = 0; v < block_vectors; v++) block.vectors[v] = load_floats(values + v * 16);
        return block;
    }
    for (size_t v = 0; v < block_vectors; v++) {
        const size_t start = v * 16 < count ? v * 16 : count;
        block.vectors[v] = load_some_floats(values + start, count - start, -INFINITY);
    }
    return block;
}

static float lanes_find_maxima(const float *values, size_t count, float *maxima) {
    float maximum = -INFINITY;
    for (size_t start = 0; start < count; start += logit_block_length) {
        const struct logit_block block = load_logits(values + start, count - start);
        f32x16 largest = splat(-INFINITY);
#pragma clang loop unroll(full)
        for (int v = 0; v < block_vectors; v++) largest = larger_of(block.vectors[v], largest);
        const float highest = largest_lane(largest);
        maxima[start / logit_block_length] = highest;
        maximum = highest > maximum ? highest : maximum;
    }
    return maximum;
}

static uint64_t lanes_find_above(const float *values, size_t count, float threshold) {
    const struct logit_block block = load_logits(values, count);
    uint64_t above = 0;
#pragma clang loop unroll(full)
    for (int v = 0; v < block_vectors; v++) {
        const mask16 mask = __builtin_convertvector(block.vectors[v] > splat(threshold), mask16);
        above |= (uint64_t)load_vector(uint16_t, &mask) << (v * 16);
    }
    return above;
}

inlined f32x16 weights_of(f32x16 logits, float maximum, float scale) {
    const f32x16 powers = exponentials((logits - splat(maximum)) * splat(scale));
    return powers == powers ? powers : splat(0);
}

static void lanes_weigh(const float *logits, size_t count, float maximum, float scale, float *weights) {
    for (size_t i = 0; i < count; i += 16) {
        const f32x16 some = load_some_floats(logits + i, count - i, 0);
        store_some_floats(weights + i, weights_of(some, maximum, scale), count - i);
    }
}

inlined float weight_of_block(const struct logit_block *block, int32_t first, struct logit_cutoff cutoff, float maximum,
                              float scale) {
    const i32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    f32x16 sums = splat(0);
#pragma clang loop unroll(full)
    for (int v = 0; v < block_vectors; v++) {
        const f32x16 logits = block->vectors[v];
        const i32x16 is_early = lane + (i32x16)(first + v * 16) <= (i32x16)cutoff.index;
        const i32x16 is_admitted = (logits > splat(cutoff.logit)) | ((logits == splat(cutoff.logit)) & is_early);
        sums += is_admitted ? weights_of(logits, maximum, scale) : splat(0);
    }
    return folded(sums);
}

static double lanes_weigh_blocks(const float *logits, size_t count, const float *maxima, struct logit_cutoff cutoff,
                                 float maximum, float scale, double *block_weights) {
    double total = 0;
    for (size_t start = 0; start < count; start += logit_block_length) {
        const float highest = maxima[start / logit_block_length];
        float weight = 0;
        if (highest > -INFINITY && highest >= cutoff.logit) {
            const struct logit_block block = load_logits(logits + start, count - start);
            weight = weight_of_block(&block, (int32_t)start, cutoff, maximum, scale);
        }
        block_weights[start / logit_block_length] = weight;
        total += weight;
    }
    return total;
}

#endif
