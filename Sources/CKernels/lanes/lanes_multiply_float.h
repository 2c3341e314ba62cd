#ifndef PONDER_LANES_MULTIPLY_FLOAT_H
#define PONDER_LANES_MULTIPLY_FLOAT_H

#include "lanes.h"

// Products with float weights: every lane one chain of fused multiply-adds along the columns.

struct float_work {
    const struct weight_tiles *weights;
    size_t tile;
    const struct multiply_rows *rows;
};

/// Two columns of a tile, even one first.
inlined void load_column_pair(enum weight_format format, const uint8_t *pair, f32x16 *even, f32x16 *odd) {
    if (format == weight_format_f32) {
        *even = load_floats((const float *)pair);
        *odd = load_floats((const float *)pair + 16);
    } else if (format == weight_format_f16) {
        *even = load_halves(pair);
        *odd = load_halves(pair + 32);
    } else {
        const u32x16 both = load_vector(u32x16, pair);
        *even = (f32x16)(both << 16);
        *odd = (f32x16)(both & 0xffff0000u);
    }
}

inlined void add_column(int tiles, int rows, const f32x16 *weights, const float *const *values, size_t column,
                        f32x16 (*sums)[8]) {
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
        const f32x16 x = splat(values[row][column]);
#pragma clang loop unroll(full)
        for (int tile = 0; tile < tiles; tile++) sums[tile][row] = fused(weights[tile], x, sums[tile][row]);
    }
}

inlined void multiply_float_block(enum weight_format format, int tiles, int rows, const struct float_work *work,
                                  size_t first_row) {
    const struct weight_tiles *weights = work->weights;
    const size_t columns = weights->columns, pair_bytes = format == weight_format_f32 ? 128 : 64;
    const uint8_t *data = (const uint8_t *)weights->data + work->tile * weights->tile_bytes;
    const float *const *values = work->rows->values + first_row;
    // Loops over sums are unrolled, so that they stay in registers.
    f32x16 sums[4][8];
#pragma clang loop unroll(full)
    for (int tile = 0; tile < tiles; tile++)
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++) sums[tile][row] = splat(0);
    f32x16 even[4], odd[4];
    size_t column = 0;
    for (; column + 2 <= columns; column += 2) {
#pragma clang loop unroll(full)
        for (int tile = 0; tile < tiles; tile++) {
            const uint8_t *pair = data + (size_t)tile * weights->tile_bytes + column / 2 * pair_bytes;
            if (first_row == 0 && rows > 1) prefetch_bytes(pair + prefetch_distance, (int)pair_bytes);
            load_column_pair(format, pair, &even[tile], &odd[tile]);
        }
        add_column(tiles, rows, even, values, column, sums);
        add_column(tiles, rows, odd, values, column + 1, sums);
    }
    if (column < columns) {
        for (int tile = 0; tile < tiles; tile++) {
            const uint8_t *last = data + (size_t)tile * weights->tile_bytes + column / 2 * pair_bytes;
            if (format == weight_format_f32)
                even[tile] = load_floats((const float *)last);
            else
                load_column_pair(format, last, &even[tile], &odd[tile]);
        }
        add_column(tiles, rows, even, values, column, sums);
    }
#pragma clang loop unroll(full)
    for (int tile = 0; tile < tiles; tile++) {
        const size_t output = (work->tile + (size_t)tile) * 16, left = weights->rows - output;
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++)
            store_some_floats(work->rows->results[first_row + (size_t)row] + output - work->rows->first_output,
                              sums[tile][row], left);
    }
}

enum { four_row_tiles = product_rows_limit >= 6 ? float_tiles : 1 };

inlined void multiply_float_rows(enum weight_format format, int tiles, const struct float_work *work) {
    const size_t count = work->rows->count;
    size_t row = 0;
    if (product_rows_limit >= 6)
        for (; row + 6 <= count; row += 6) multiply_float_block(format, tiles, 6, work, row);
    if (product_rows_limit >= 4)
        for (; row + 4 <= count; row += 4)
            // Where the sums of more tiles do not fit the registers, one after the other.
            for (int tile = 0; tile < tiles; tile += four_row_tiles) {
                const struct float_work part = {work->weights, work->tile + (size_t)tile, work->rows};
                multiply_float_block(format, tiles < four_row_tiles ? tiles : four_row_tiles, 4, &part, row);
            }
    for (; row + 2 <= count; row += 2) multiply_float_block(format, tiles, 2, work, row);
    for (; row < count; row++) multiply_float_block(format, tiles, 1, work, row);
}

inlined void multiply_float_tiles_of(enum weight_format format, struct float_work work, size_t end) {
    for (; work.tile + float_tiles <= end; work.tile += float_tiles) multiply_float_rows(format, float_tiles, &work);
    for (; work.tile < end; work.tile++) multiply_float_rows(format, 1, &work);
}

static void multiply_float_tiles(const struct weight_tiles *weights, size_t first_tile, size_t tile_count,
                                 const struct multiply_rows *rows) {
    const struct float_work work = {weights, first_tile, rows};
    const size_t end = first_tile + tile_count;
    if (weights->format == weight_format_f32)
        multiply_float_tiles_of(weight_format_f32, work, end);
    else if (weights->format == weight_format_f16)
        multiply_float_tiles_of(weight_format_f16, work, end);
    else
        multiply_float_tiles_of(weight_format_bf16, work, end);
}

#endif
