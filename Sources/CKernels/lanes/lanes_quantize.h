#ifndef PONDER_LANES_QUANTIZE_H
#define PONDER_LANES_QUANTIZE_H

#include "lanes.h"

inlined f32x16 magnitudes(f32x16 v) { return (f32x16)((u32x16)v & 0x7fffffffu); }

inlined i32x16 rounded_codes(f32x16 scaled) {
    scaled = scaled < splat(127) ? scaled : splat(127);
    scaled = scaled > splat(-127) ? scaled : splat(-127);
    const f32x16 shifted = scaled + splat(rounding_shift);
    return (i32x16)shifted - (i32x16)splat(rounding_shift);
}

static void lanes_quantize_row(const float *values, size_t columns, struct activation_block *blocks) {
    memset(blocks + columns / 32, 0, (activation_block_count(columns) - columns / 32) * sizeof *blocks);
    for (size_t b = 0; b < columns / 32; b++) {
        const f32x16 first = load_floats(values + b * 32), second = load_floats(values + b * 32 + 16);
        const f32x16 above_nan = larger_of(magnitudes(first), splat(0));
        const float largest = largest_lane(larger_of(magnitudes(second), above_nan));
        const bool is_zero = largest < 0x1p-110f;
        const float scale = is_zero ? 0 : largest / 127.0f;
        const float inverse = is_zero ? 0 : 127.0f / largest;
        const i32x16 first_codes = rounded_codes(first * splat(inverse));
        const i32x16 second_codes = rounded_codes(second * splat(inverse));
        const i8x16 first_bytes = __builtin_convertvector(first_codes, i8x16);
        const i8x16 second_bytes = __builtin_convertvector(second_codes, i8x16);
        store_vector(blocks[b].codes, first_bytes);
        store_vector(blocks[b].codes + 16, second_bytes);
        const int32_t sum_of_first = __builtin_reduce_add(first_codes);
        const int32_t sum_of_second = __builtin_reduce_add(second_codes);
        blocks[b].scale = scale;
        blocks[b].scaled_negative_sum = scale * (float)-(sum_of_first + sum_of_second);
        blocks[b].offset = -128 * (sum_of_first + sum_of_second);
        blocks[b].half_offsets[0] = -128 * sum_of_first;
        blocks[b].half_offsets[1] = -128 * sum_of_second;
    }
}

#endif
