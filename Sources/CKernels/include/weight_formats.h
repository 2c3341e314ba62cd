#ifndef PONDER_WEIGHT_FORMATS_H
#define PONDER_WEIGHT_FORMATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How weights are written in a file. Quantised ones are ggml's block formats.
enum weight_format {
    weight_format_f32,
    weight_format_f16,
    weight_format_bf16,
    weight_format_bf16_rounding, // as bf16, but the activations that it meets are rounded to BF16, too
    weight_format_q8_0,
    weight_format_q4_0,
    weight_format_q4_1,
    weight_format_q5_0,
    weight_format_q5_1,
    weight_format_q2_k,
    weight_format_q3_k,
    weight_format_q4_k,
    weight_format_q5_k,
    weight_format_q6_k,
    weight_format_iq4_nl,
    weight_format_iq4_xs,
    weight_format_mxfp4,
};
enum { weight_format_count = 17 };

/// Output rows of a tile: one SIMD lane each.
enum { tile_rows = 16 };

/// A matrix in tiles: ceil(rows / 16) of them, each holding all columns of 16 rows; missing rows are zero.
struct weight_tiles {
    enum weight_format format;
    size_t rows;
    size_t columns;
    size_t tile_bytes; // a multiple of 64
    const void *data;  // [tile_count(rows)][tile_bytes], 64-byte aligned
};

static inline size_t tile_count(size_t rows) { return (rows + tile_rows - 1) / tile_rows; }

/// Whether the format stores codes that are multiplied as integers.
bool weight_format_is_quantized(enum weight_format format);

/// Columns of one block of the file's layout: 1, 32 or 256.
size_t weight_block_columns(enum weight_format format);

/// Columns of activations that share a scale where they meet such weights: 32 or 256. What was quantised in groups of 256
/// may meet all formats.
size_t activation_group_columns(enum weight_format format);

/// Bytes of one block of the file's layout.
size_t weight_block_bytes(enum weight_format format);

/// Bytes of a tile with so many columns, which must be a multiple of weight_block_columns.
size_t weight_tile_bytes(enum weight_format format, size_t columns);

/// Rearranges `row_count` (1 to 16) rows of the file's layout, `row_bytes` apart, into one tile.
void pack_weight_tile(enum weight_format format, size_t columns, size_t row_count, const uint8_t *rows,
                      size_t row_bytes, void *tile);

/// One row of a tiled matrix as float values, exactly what the file's layout stands for.
void unpack_weight_row(const struct weight_tiles *weights, size_t row, float *values);

/// A row of the file's layout as float values.
void dequantize_weight_row(enum weight_format format, size_t columns, const uint8_t *row, float *values);

#endif
