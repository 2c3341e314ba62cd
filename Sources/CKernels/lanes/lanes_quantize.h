#ifndef PONDER_LANES_QUANTIZE_H
#define PONDER_LANES_QUANTIZE_H

#include "lanes.h"

// Four blocks at a time, so that a few shuffles serve all their largest magnitudes and sums.

inlined f32x16 magnitudes(f32x16 v) { return (f32x16)((u32x16)v & 0x7fffffffu); }

inlined i32x16 rounded_codes(f32x16 scaled) {
    scaled = scaled < splat(127) ? scaled : splat(127);
    scaled = scaled > splat(-127) ? scaled : splat(-127);
    const f32x16 shifted = scaled + splat(rounding_shift);
    return (i32x16)shifted - (i32x16)splat(rounding_shift);
}

// The halves, quarters or eighths of lanes that belong to one thing meet each other; two vectors become one.
#define halves_met(operation, a, b)                                                                                    \
    operation(__builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),                    \
              __builtin_shufflevector(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#define quarters_met(operation, a, b)                                                                                  \
    operation(__builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),                  \
              __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31))
#define eighths_met(operation, a, b)                                                                                   \
    operation(__builtin_shufflevector(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29),                  \
              __builtin_shufflevector(a, b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31))

inlined i32x16 sum_of(i32x16 a, i32x16 b) { return a + b; }

/// The largest magnitude of 32 values is among these; NaN counts as nothing.
inlined f32x16 largest_pairs(const float *values) {
    const f32x16 above_nan = larger_of(magnitudes(load_floats(values)), splat(0));
    return larger_of(magnitudes(load_floats(values + 16)), above_nan);
}

/// Lanes 4b to 4b + 3: the largest magnitude of block b.
inlined f32x16 largest_of_blocks(const float *values) {
    const f32x16 first = halves_met(larger_of, largest_pairs(values), largest_pairs(values + 32));
    const f32x16 second = halves_met(larger_of, largest_pairs(values + 64), largest_pairs(values + 96));
    const f32x16 quarters = quarters_met(larger_of, first, second);
    const f32x16 pairs = larger_of(
        quarters, __builtin_shufflevector(quarters, quarters, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
    return larger_of(pairs,
                     __builtin_shufflevector(pairs, pairs, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
}

/// `largest` is as largest_of_blocks has it.
inlined void quantize_blocks(const float *values, f32x16 largest, int count, struct activation_block *blocks) {
    const f32x16 nothing = splat(0);
    const f32x16 scale = largest < splat(0x1p-110f) ? nothing : largest / splat(127);
    const f32x16 inverse = largest < splat(0x1p-110f) ? nothing : splat(127) / largest;
    i32x16 codes[8];
#pragma clang loop unroll(full)
    for (int half = 0; half < 8; half++)
        codes[half] = rounded_codes(load_floats(values + half * 16) * splat(inverse[half / 2 * 4]));
    i32x16 halves[4];
#pragma clang loop unroll(full)
    for (int block = 0; block < 4; block++)
        halves[block] = halves_met(sum_of, codes[2 * block], codes[2 * block + 1]);
    const i32x16 first = quarters_met(sum_of, halves[0], halves[1]), second = quarters_met(sum_of, halves[2], halves[3]);
    const i32x16 eighths = eighths_met(sum_of, first, second);
    // Lanes 4b and 4b + 2: the sums of block b's halves.
    const i32x16 sums =
        eighths + __builtin_shufflevector(eighths, eighths, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    const i32x16 totals =
        sums + __builtin_shufflevector(sums, sums, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    const f32x16 scaled = scale * as_floats(-totals);
#pragma clang loop unroll(full)
    for (int block = 0; block < count; block++) {
        const i8x16 first_bytes = __builtin_convertvector(codes[2 * block], i8x16);
        const i8x16 second_bytes = __builtin_convertvector(codes[2 * block + 1], i8x16);
        store_vector(blocks[block].codes, first_bytes);
        store_vector(blocks[block].codes + 16, second_bytes);
        blocks[block].scale = scale[block * 4];
        blocks[block].scaled_negative_sum = scaled[block * 4];
        blocks[block].offset = -128 * totals[block * 4];
        blocks[block].half_offsets[0] = -128 * sums[block * 4];
        blocks[block].half_offsets[1] = -128 * sums[block * 4 + 2];
    }
}

static void quantize_wide_groups(const float *values, size_t columns, struct activation_block *blocks) {
    for (; columns >= 256; columns -= 256, values += 256, blocks += 8) {
        const f32x16 largest = splat(largest_lane(larger_of(largest_of_blocks(values), largest_of_blocks(values + 128))));
        quantize_blocks(values, largest, 4, blocks);
        quantize_blocks(values + 128, largest, 4, blocks + 4);
    }
}

static void lanes_quantize_row(const float *values, size_t columns, size_t group_columns,
                               struct activation_block *blocks) {
    if (group_columns == 256) {
        quantize_wide_groups(values, columns, blocks);
        return;
    }
    size_t block = 0;
    for (; block + 4 <= columns / 32; block += 4)
        quantize_blocks(values + block * 32, largest_of_blocks(values + block * 32), 4, blocks + block);
    const size_t left = columns / 32 - block;
    if (left == 0) return;
    float rest[128] = {0};
    memcpy(rest, values + block * 32, left * 32 * sizeof(float));
    struct activation_block last[4];
    quantize_blocks(rest, largest_of_blocks(rest), 4, last);
    memcpy(blocks + block, last, left * sizeof *last);
}

#endif
