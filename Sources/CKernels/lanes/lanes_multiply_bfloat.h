#ifndef PONDER_LANES_MULTIPLY_BFLOAT_H
#define PONDER_LANES_MULTIPLY_BFLOAT_H

#include "lanes.h"

// Products of BF16 weights with activations rounded to BF16. Some rows and columns of activations are rounded into the
// worker's scratch, where they stay near while all tiles of the chunk meet them. A lane's chain takes columns in pairs, the
// odd one first, as the processors' own instruction does.

enum { bfloat_columns = 1024, bfloat_rows = 24 };

typedef uint16_t bfloat_row[bfloat_columns];

_Static_assert(bfloat_rows * sizeof(bfloat_row) <= multiply_scratch_bytes, "a block's rows fit a worker's scratch");

struct bfloat_work {
    const struct weight_tiles *weights;
    const bfloat_row *values; // the block's rows, rounded
    float *const *results;    // likewise
    size_t first_output;
    size_t first_column, pairs;
    bool fetches_ahead;
};

static void round_row(const float *values, size_t count, uint16_t *rounded) {
    size_t done = 0;
    for (; done + 32 <= count; done += 32) round_bfloats(values + done, rounded + done);
    if (done == count) return;
    float rest[32] = {0};
    memcpy(rest, values + done, (count - done) * sizeof(float));
    round_bfloats(rest, rounded + done);
}

inlined void multiply_bfloat_block(int tiles, int rows, const struct bfloat_work *work, size_t tile, size_t first_row) {
    const struct weight_tiles *weights = work->weights;
    const uint8_t *data = (const uint8_t *)weights->data + tile * weights->tile_bytes + work->first_column / 2 * 64;
    const size_t output = tile * 16, left = weights->rows - output;
    const bfloat_row *values = work->values + first_row;
    float *const *results = work->results + first_row;
    // Loops over sums are unrolled, so that they stay in registers.
    f32x16 sums[4][8];
#pragma clang loop unroll(full)
    for (int t = 0; t < tiles; t++)
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++)
            sums[t][row] = work->first_column == 0
                               ? splat(0)
                               : load_some_floats(results[row] + output - work->first_output + t * 16,
                                                  left - (size_t)t * 16, 0);
    for (size_t pair = 0; pair < work->pairs; pair++) {
        u32x16 both[4];
#pragma clang loop unroll(full)
        for (int t = 0; t < tiles; t++) {
            const uint8_t *bytes = data + (size_t)t * weights->tile_bytes + pair * 64;
            if (work->fetches_ahead) prefetch_bytes(bytes + prefetch_distance, 64);
            both[t] = load_vector(u32x16, bytes);
        }
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++) {
            const uint32_t x = load_vector(uint32_t, values[row] + pair * 2);
#pragma clang loop unroll(full)
            for (int t = 0; t < tiles; t++) sums[t][row] = add_bfloat_products(sums[t][row], both[t], x);
        }
    }
#pragma clang loop unroll(full)
    for (int t = 0; t < tiles; t++)
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++)
            store_some_floats(results[row] + output - work->first_output + t * 16, sums[t][row], left - (size_t)t * 16);
}

inlined void multiply_bfloat_rows(int tiles, struct bfloat_work *work, size_t tile, size_t count) {
    size_t row = 0;
    if (product_rows_limit >= 6)
        for (; row + 6 <= count; row += 6, work->fetches_ahead = false) multiply_bfloat_block(tiles, 6, work, tile, row);
    if (product_rows_limit >= 4)
        for (; row + 4 <= count; row += 4, work->fetches_ahead = false) multiply_bfloat_block(tiles, 4, work, tile, row);
    for (; row + 2 <= count; row += 2, work->fetches_ahead = false) multiply_bfloat_block(tiles, 2, work, tile, row);
    for (; row < count; row++, work->fetches_ahead = false) multiply_bfloat_block(tiles, 1, work, tile, row);
}

static void multiply_bfloat_tiles(const struct weight_tiles *weights, size_t first_tile, size_t tile_count,
                                  const struct multiply_rows *rows, void *scratch) {
    bfloat_row *values = scratch;
    const size_t end = first_tile + tile_count;
    for (size_t column = 0; column < weights->columns; column += bfloat_columns)
        for (size_t row = 0; row < rows->count; row += bfloat_rows) {
            const size_t columns_left = weights->columns - column, rows_left = rows->count - row;
            const size_t width = columns_left < bfloat_columns ? columns_left : bfloat_columns;
            const size_t count = rows_left < bfloat_rows ? rows_left : bfloat_rows;
            for (size_t i = 0; i < count; i++) round_row(rows->values[row + i] + column, width, values[i]);
            for (size_t tile = first_tile; tile < end;) {
                struct bfloat_work work = {
                    .weights = weights,
                    .values = values,
                    .results = rows->results + row,
                    .first_output = rows->first_output,
                    .first_column = column,
                    .pairs = (width + 1) / 2,
                    .fetches_ahead = row == 0 && rows->count > 1,
                };
                const int tiles = tile + float_tiles <= end ? float_tiles : 1;
                if (tiles == float_tiles)
                    multiply_bfloat_rows(float_tiles, &work, tile, count);
                else
                    multiply_bfloat_rows(1, &work, tile, count);
                tile += (size_t)tiles;
            }
        }
}

#endif
