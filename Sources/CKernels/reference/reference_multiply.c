#pragma STDC FP_CONTRACT OFF
#include "../float_formats.h"
#include "reference_kernels.h"

#include <math.h>

void reference_quantize_row(const float *values, size_t columns, struct activation_block *blocks) {
    for (size_t b = 0; b < columns / 32; b++) {
        const float *x = values + b * 32;
        float largest = 0;
        for (size_t i = 0; i < 32; i++) largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
        // Below this the inverse would overflow; such values stand for zero.
        const bool is_zero = largest < 0x1p-110f;
        const float scale = is_zero ? 0 : largest / 127.0f;
        const float inverse = is_zero ? 0 : 127.0f / largest;
        int32_t sum_of_first = 0, sum = 0;
        for (size_t i = 0; i < 32; i++) {
            float scaled = x[i] * inverse;
            // Not fminf: NaN must become 127 on every instruction set.
            scaled = scaled < 127.0f ? scaled : 127.0f;
            scaled = scaled > -127.0f ? scaled : -127.0f;
            blocks[b].codes[i] = (int8_t)nearbyintf(scaled);
            sum += blocks[b].codes[i];
            if (i == 15) sum_of_first = sum;
        }
        blocks[b].scale = scale;
        blocks[b].scaled_negative_sum = scale * (float)-sum;
        blocks[b].offset = -128 * sum;
        blocks[b].half_offsets[0] = -128 * sum_of_first;
        blocks[b].half_offsets[1] = -128 * (sum - sum_of_first);
    }
}

static void multiply_float_tile(const struct weight_tiles *weights, size_t tile, const struct multiply_rows *rows) {
    const uint8_t *data = (const uint8_t *)weights->data + tile * weights->tile_bytes;
    const size_t first = tile * tile_rows;
    const size_t lanes = weights->rows - first < tile_rows ? weights->rows - first : tile_rows;
    for (size_t row = 0; row < rows->count; row++)
        for (size_t lane = 0; lane < lanes; lane++) {
            float sum = 0;
            for (size_t k = 0; k < weights->columns; k++) {
                float weight;
                if (weights->format == weight_format_f32)
                    weight = ((const float *)data)[k * 16 + lane];
                else if (weights->format == weight_format_f16)
                    weight = float_from_half(((const uint16_t *)data)[k * 16 + lane]);
                else
                    weight = float_from_bfloat(((const uint16_t *)data)[k / 2 * 32 + lane * 2 + k % 2]);
                sum = fmaf(weight, rows->values[row][k], sum);
            }
            rows->results[row][first + lane - rows->first_output] = sum;
        }
}

/// Pairs of columns, the odd one first, as the processors' dot products of BF16 take them.
static float multiply_bfloat_lane(const uint16_t *pairs, const float *values, size_t columns) {
    float sum = 0;
    for (size_t k = 0; k < columns; k += 2, pairs += 32) {
        if (k + 1 < columns)
            sum = fmaf(float_from_bfloat(pairs[1]), float_from_bfloat(rounded_bfloat(values[k + 1])), sum);
        sum = fmaf(float_from_bfloat(pairs[0]), float_from_bfloat(rounded_bfloat(values[k])), sum);
    }
    return sum;
}

static void multiply_bfloat_tile(const struct weight_tiles *weights, size_t tile, const struct multiply_rows *rows) {
    const uint16_t *data = (const uint16_t *)((const uint8_t *)weights->data + tile * weights->tile_bytes);
    const size_t first = tile * tile_rows;
    for (size_t row = 0; row < rows->count; row++)
        for (size_t output = first; output < first + tile_rows && output < weights->rows; output++)
            rows->results[row][output - rows->first_output] =
                multiply_bfloat_lane(data + (output - first) * 2, rows->values[row], weights->columns);
}

/// Adds one scale group, 32 columns or 16, to a sum.
static float add_group(enum weight_format format, const struct superblock_contents *contents, size_t column,
                       const struct activation_block *block, float sum) {
    const struct tile_traits traits = traits_of(format);
    const size_t width = traits.scales_per_16 ? 16 : 32;
    const size_t start = column % 32;
    const int32_t offset = traits.scales_per_16 ? block->half_offsets[start / 16] : block->offset;
    const int32_t negative_sum = offset / 128;
    int32_t dot = traits.offset_shift < 0 ? 0 : negative_sum * (1 << traits.offset_shift);
    for (size_t i = 0; i < width; i++)
        dot += (int32_t)contents_code(format, contents, column + i) * block->codes[start + i];
    float scale, minimum;
    contents_scale(format, contents, column / 16, &scale, &minimum);
    sum = fmaf((float)dot, scale * block->scale, sum);
    if (!traits.has_minimums) return sum;
    return fmaf(minimum, block->scale * (float)negative_sum, sum);
}

static void multiply_quantized_lane(const struct weight_tiles *weights, const uint8_t *tile, size_t lane,
                                    const struct multiply_rows *rows, size_t output) {
    const struct tile_traits traits = traits_of(weights->format);
    const size_t width = traits.scales_per_16 ? 16 : 32;
    const size_t place = output - rows->first_output;
    for (size_t row = 0; row < rows->count; row++) rows->results[row][place] = 0;
    for (size_t superblock = 0; superblock * traits.superblock_columns < weights->columns; superblock++) {
        struct superblock_contents contents;
        read_tile_superblock(weights->format, tile + superblock * superblock_bytes(traits), lane, &contents);
        for (size_t row = 0; row < rows->count; row++) {
            const struct activation_block *blocks = rows->blocks[row] + superblock * (traits.superblock_columns / 32u);
            float sum = rows->results[row][place];
            for (size_t column = 0; column < traits.superblock_columns; column += width)
                sum = add_group(weights->format, &contents, column, blocks + column / 32, sum);
            rows->results[row][place] = sum;
        }
    }
}

void reference_multiply_tiles(const struct weight_tiles *weights, size_t first_tile, size_t tile_count,
                              const struct multiply_rows *rows, const void *next_tiles, void *scratch) {
    (void)next_tiles;
    (void)scratch;
    for (size_t tile = first_tile; tile < first_tile + tile_count; tile++) {
        if (weights->format == weight_format_bf16_rounding) {
            multiply_bfloat_tile(weights, tile, rows);
            continue;
        }
        if (!weight_format_is_quantized(weights->format)) {
            multiply_float_tile(weights, tile, rows);
            continue;
        }
        const uint8_t *data = (const uint8_t *)weights->data + tile * weights->tile_bytes;
        for (size_t lane = 0; lane < tile_rows && tile * tile_rows + lane < weights->rows; lane++)
            multiply_quantized_lane(weights, data, lane, rows, tile * tile_rows + lane);
    }
}
