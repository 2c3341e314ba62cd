#ifndef PONDER_WEIGHT_ENCODINGS_H
#define PONDER_WEIGHT_ENCODINGS_H

#include "weight_formats.h"

// Weights as other programs' quantisers store them in safetensors files, which kernels do not read as they stand. All
// pointers may be unaligned; numbers are little-endian.

/// Bytes that are floats of 4 bits of exponent and 3 of mantissa, without infinities (E4M3FN), times a scale for each block.
struct float8_matrix {
    const uint8_t *codes;            // [rows][columns]
    const uint8_t *scales;           // [ceil(rows / block_rows)][ceil(columns / block_columns)]
    enum weight_format scale_format; // f32, f16 or bf16
    size_t columns;
    size_t block_rows, block_columns;
};

/// Reads rows as floats. values: [row_count][columns].
void read_float8_rows(const struct float8_matrix *matrix, size_t first_row, size_t row_count, float *values);

/// Which way 32-bit words hold the codes, lowest bits first unless something else is said.
enum integer_packing {
    /// GPTQ: neighbouring columns of one row share a word, codes are [columns / per word][rows], zeros
    /// [groups][rows / per word], scales [groups][rows].
    packing_gptq,
    /// AWQ's "gemm": neighbouring rows share a word, in the order 0, 2, 4, 6, 1, 3, 5, 7; codes are [columns][rows / 8],
    /// zeros [groups][rows / 8], scales [groups][rows].
    packing_awq,
    /// compressed-tensors: codes are [rows][columns / per word], zeros [rows / per word][groups], scales [rows][groups].
    packing_rows,
};

/// Integers that share a scale and a zero in groups of columns: value = scale * (code - zero).
struct grouped_matrix {
    enum integer_packing packing;
    unsigned bits; // 4 or 8
    const uint8_t *codes;
    const uint8_t *zeros; // NULL: half of what the bits hold, 8 or 128
    bool zeros_are_one_less; // GPTQ's first version: what is stored plus one, without a carry, is the zero
    const uint8_t *scales;
    enum weight_format scale_format; // f32, f16 or bf16
    const uint8_t *group_of_column;  // [columns] 32-bit integers; NULL: column / group_columns
    size_t rows, columns;
    size_t group_columns;
};

/// Reads rows as floats. values: [row_count][columns].
void read_grouped_rows(const struct grouped_matrix *matrix, size_t first_row, size_t row_count, float *values);

/// What the list of the columns' groups holds.
enum group_order { groups_in_order, groups_permuted, groups_out_of_range };
enum group_order grouped_matrix_order(const struct grouped_matrix *matrix, size_t group_count);

/// Whether every zero is half of what the bits hold.
bool grouped_matrix_is_symmetric(const struct grouped_matrix *matrix, size_t group_count);

/// Writes rows in a format that holds them as they are: Q8_0 or Q4_0 for symmetric codes of 8 or 4 bits, and Q4_1 for others of
/// 4 bits, whose minimum, -zero * scale, is rounded to binary16. Scales that are binary16 stay so.
///
/// The groups are in order, and group_columns is a multiple of 32. rows: [row_count][columns / 32][block bytes].
void repack_grouped_rows(const struct grouped_matrix *matrix, enum weight_format format, size_t first_row,
                         size_t row_count, uint8_t *rows);

#endif
