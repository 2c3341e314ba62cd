#pragma STDC FP_CONTRACT OFF
#include "../float_formats.h"
#include "reference_kernels.h"

#include <math.h>

/// 32 columns with the scale of their group, whose largest magnitude is given.
static void quantize_block(const float *x, float largest, struct activation_block *block) {
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
        block->codes[i] = (int8_t)nearbyintf(scaled);
        sum += block->codes[i];
        if (i == 15) sum_of_first = sum;
    }
    block->scale = scale;
    block->scaled_negative_sum = scale * (float)-sum;
    block->offset = -128 * sum;
    block->half_offsets[0] = -128 * sum_of_first;
    block->half_offsets[1] = -128 * (sum - sum_of_first);
}

void reference_quantize_row(const float *values, size_t columns, size_t group_columns, struct activation_block *blocks) {
    for (size_t group = 0; group < columns; group += group_columns) {
        float largest = 0;
        for (size_t i = group; i < group + group_columns; i++)
            largest = fabsf(values[i]) > largest ? fabsf(values[i]) : largest;
        for (size_t i = group; i < group + group_columns; i += 32) quantize_block(values + i, largest, blocks + i / 32);
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

/// The exact dot product of 16 or 32 columns.
static int32_t dot_of(enum weight_format format, const struct superblock_contents *contents, size_t column, size_t width,
                      const struct activation_block *block) {
    const struct tile_traits traits = traits_of(format);
    const int32_t offset = traits.offset_shift < 0 ? 0 : 1 << traits.offset_shift;
    int32_t dot = 0;
    for (size_t i = 0; i < width; i++)
        dot += ((int32_t)contents_code(format, contents, column + i) - offset) * block->codes[column % 32 + i];
    return dot;
}

/// Adds 32 columns to a sum.
static float add_group(enum weight_format format, const struct superblock_contents *contents, size_t column,
                       const struct activation_block *block, float sum) {
    float scale, minimum;
    contents_scale(format, contents, column / 16, &scale, &minimum);
    sum = fmaf((float)dot_of(format, contents, column, 32, block), scale * block->scale, sum);
    return traits_of(format).has_minimums ? fmaf(minimum, block->scaled_negative_sum, sum) : sum;
}

/// Adds a superblock, whose columns share the scale of x, to a sum.
static float add_superblock(enum weight_format format, const struct superblock_contents *contents,
                            const struct activation_block *blocks, float sum) {
    const struct tile_traits traits = traits_of(format);
    const size_t width = traits.scales_per_16 ? 16 : 32;
    float part = 0;
    int32_t minimums = 0;
    for (size_t column = 0; column < 256; column += width) {
        const struct activation_block *block = &blocks[column / 32];
        const size_t factor = factor_index(format, column / 16);
        part = fmaf((float)dot_of(format, contents, column, width, block), (float)contents->scale_factors[factor], part);
        const int32_t offset = width == 16 ? block->half_offsets[column / 16 % 2] : block->offset;
        if (traits.has_minimums) minimums += (int32_t)contents->minimum_factors[factor] * (offset / 128);
    }
    const struct superblock_scale of_all = contents_superblock_scale(contents);
    sum = fmaf(part, of_all.scale * blocks->scale, sum);
    return traits.has_minimums ? fmaf((float)minimums, of_all.minimum * blocks->scale, sum) : sum;
}

static void multiply_quantized_lane(const struct weight_tiles *weights, const uint8_t *tile, size_t lane,
                                    const struct multiply_rows *rows, size_t output) {
    const struct tile_traits traits = traits_of(weights->format);
    const size_t place = output - rows->first_output;
    for (size_t row = 0; row < rows->count; row++) rows->results[row][place] = 0;
    for (size_t superblock = 0; superblock * traits.superblock_columns < weights->columns; superblock++) {
        struct superblock_contents contents;
        read_tile_superblock(weights->format, tile + superblock * superblock_bytes(traits), lane, &contents);
        for (size_t row = 0; row < rows->count; row++) {
            const struct activation_block *blocks = rows->blocks[row] + superblock * (traits.superblock_columns / 32u);
            float sum = rows->results[row][place];
            if (has_superblocks(traits))
                sum = add_superblock(weights->format, &contents, blocks, sum);
            else
                for (size_t column = 0; column < 64; column += 32)
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
