#pragma STDC FP_CONTRACT OFF

#include "CKernels.h"
#include "float_formats.h"

static uint32_t read_word(const uint8_t *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static float read_scale(const uint8_t *scales, enum weight_format format, size_t index) {
    if (format == weight_format_f32) return float_from_bits(read_word(scales + index * 4));
    uint16_t bits;
    memcpy(&bits, scales + index * 2, sizeof bits);
    return format == weight_format_f16 ? float_from_half(bits) : float_from_bfloat(bits);
}

/// A byte of E4M3FN: its exponent's bias is 7, it has subnormals, no infinities, and NaN where all other bits are set.
static float float_from_float8(uint8_t code) {
    const uint32_t sign = (uint32_t)(code & 0x80) << 24, magnitude = code & 0x7f;
    if (magnitude == 0x7f) return float_from_bits(sign | 0x7fc00000);
    if (magnitude < 8) return float_from_bits(sign | bits_from_float((float)magnitude * 0x1p-9f));
    return float_from_bits(sign | ((magnitude << 20) + (120u << 23)));
}

void read_float8_rows(const struct float8_matrix *matrix, size_t first_row, size_t row_count, float *values) {
    float table[256];
    for (unsigned code = 0; code < 256; code++) table[code] = float_from_float8((uint8_t)code);
    const size_t blocks = (matrix->columns + matrix->block_columns - 1) / matrix->block_columns;
    for (size_t row = first_row; row < first_row + row_count; row++, values += matrix->columns) {
        const uint8_t *codes = matrix->codes + row * matrix->columns;
        for (size_t block = 0; block < blocks; block++) {
            const size_t start = block * matrix->block_columns;
            const size_t left = matrix->columns - start;
            const size_t end = start + (left < matrix->block_columns ? left : matrix->block_columns);
            const float scale =
                read_scale(matrix->scales, matrix->scale_format, row / matrix->block_rows * blocks + block);
            for (size_t column = start; column < end; column++) values[column] = table[codes[column]] * scale;
        }
    }
}

// Integers in groups. An index among codes is a word's and a shift's within it.

/// Where AWQ puts the eight rows of a word, in units of four bits.
static const uint8_t awq_places[8] = {0, 4, 1, 5, 2, 6, 3, 7};

static unsigned code_at(const uint8_t *words, size_t word, unsigned place, unsigned bits) {
    return read_word(words + word * 4) >> place * bits & ((1u << bits) - 1);
}

static size_t codes_per_word(const struct grouped_matrix *matrix) { return 32 / matrix->bits; }

static size_t group_count_of(const struct grouped_matrix *matrix) {
    return (matrix->columns + matrix->group_columns - 1) / matrix->group_columns;
}

static unsigned half_range(const struct grouped_matrix *matrix) { return 1u << (matrix->bits - 1); }

static unsigned zero_of(const struct grouped_matrix *matrix, size_t group_count, size_t group, size_t row) {
    if (!matrix->zeros) return half_range(matrix);
    const size_t per_word = codes_per_word(matrix);
    size_t word = group * (matrix->rows / per_word) + row / per_word;
    unsigned place = (unsigned)(row % per_word);
    if (matrix->packing == packing_awq) place = awq_places[place];
    if (matrix->packing == packing_rows) word = row / per_word * group_count + group;
    const unsigned stored = code_at(matrix->zeros, word, place, matrix->bits);
    return matrix->zeros_are_one_less ? (stored + 1) & ((1u << matrix->bits) - 1) : stored;
}

static float scale_of(const struct grouped_matrix *matrix, size_t group_count, size_t group, size_t row) {
    const size_t index = matrix->packing == packing_rows ? row * group_count + group : group * matrix->rows + row;
    return read_scale(matrix->scales, matrix->scale_format, index);
}

/// The codes of some rows. codes: [row_count][columns].
static void read_codes(const struct grouped_matrix *matrix, size_t first_row, size_t row_count, size_t first_column,
                       size_t column_count, uint8_t *codes) {
    const size_t per_word = codes_per_word(matrix), words_of_row = matrix->columns / per_word;
    const unsigned bits = matrix->bits, mask = (1u << bits) - 1;
    for (size_t row = 0; row < row_count; row++) {
        uint8_t *own = codes + row * column_count;
        const size_t output = first_row + row;
        if (matrix->packing == packing_awq) {
            const size_t words_of_column = matrix->rows / 8;
            const unsigned place = awq_places[output % 8];
            for (size_t column = 0; column < column_count; column++)
                own[column] =
                    (uint8_t)code_at(matrix->codes, (first_column + column) * words_of_column + output / 8, place, 4);
            continue;
        }
        for (size_t column = 0; column < column_count; column += per_word) {
            const size_t column_word = (first_column + column) / per_word;
            const size_t index = matrix->packing == packing_gptq ? column_word * matrix->rows + output
                                                                 : output * words_of_row + column_word;
            const uint32_t word = read_word(matrix->codes + index * 4);
            for (unsigned place = 0; place < per_word; place++)
                own[column + place] = (uint8_t)(word >> place * bits & mask);
        }
    }
}

/// Columns that are looked at together, so that words that several rows share stay in the first-level cache.
enum { strip_columns = 256, strip_rows = 16 };

void read_grouped_rows(const struct grouped_matrix *matrix, size_t first_row, size_t row_count, float *values) {
    const size_t groups = group_count_of(matrix);
    uint8_t codes[strip_rows * strip_columns];
    for (size_t start = 0; start < row_count; start += strip_rows) {
        const size_t rows = row_count - start < strip_rows ? row_count - start : strip_rows;
        for (size_t column = 0; column < matrix->columns; column += strip_columns) {
            const size_t left = matrix->columns - column, width = left < strip_columns ? left : strip_columns;
            read_codes(matrix, first_row + start, rows, column, width, codes);
            for (size_t row = 0; row < rows; row++) {
                const size_t output = first_row + start + row;
                float *own = values + (start + row) * matrix->columns + column;
                size_t known = SIZE_MAX;
                float scale = 0, zero = 0;
                for (size_t i = 0; i < width; i++) {
                    const size_t group = matrix->group_of_column ? read_word(matrix->group_of_column + (column + i) * 4)
                                                                 : (column + i) / matrix->group_columns;
                    if (group != known) {
                        known = group;
                        scale = scale_of(matrix, groups, group, output);
                        zero = (float)zero_of(matrix, groups, group, output);
                    }
                    own[i] = ((float)codes[row * width + i] - zero) * scale;
                }
            }
        }
    }
}

enum group_order grouped_matrix_order(const struct grouped_matrix *matrix, size_t group_count) {
    if (!matrix->group_of_column) return groups_in_order;
    enum group_order order = groups_in_order;
    for (size_t column = 0; column < matrix->columns; column++) {
        const uint32_t group = read_word(matrix->group_of_column + column * 4);
        if (group >= group_count) return groups_out_of_range;
        if (group != column / matrix->group_columns) order = groups_permuted;
    }
    return order;
}

bool grouped_matrix_is_symmetric(const struct grouped_matrix *matrix, size_t group_count) {
    for (size_t group = 0; matrix->zeros && group < group_count; group++)
        for (size_t row = 0; row < matrix->rows; row++)
            if (zero_of(matrix, group_count, group, row) != half_range(matrix)) return false;
    return true;
}

static void write_half(float value, uint8_t *bytes) {
    const uint16_t bits = half_from_float(value);
    memcpy(bytes, &bits, sizeof bits);
}

/// 32 codes behind a block's scale: bytes less 128, or nibbles, the first 16 low.
static void write_block_codes(enum weight_format format, const uint8_t *codes, uint8_t *bytes) {
    if (format == weight_format_q8_0)
        for (size_t i = 0; i < 32; i++) bytes[i] = codes[i] ^ 0x80;
    else
        for (size_t i = 0; i < 16; i++) bytes[i] = (uint8_t)(codes[i] | codes[16 + i] << 4);
}

void repack_grouped_rows(const struct grouped_matrix *matrix, enum weight_format format, size_t first_row,
                         size_t row_count, uint8_t *rows) {
    const size_t groups = group_count_of(matrix), block_bytes = weight_block_bytes(format);
    const size_t row_bytes = matrix->columns / 32 * block_bytes;
    uint8_t codes[strip_rows * strip_columns];
    for (size_t start = 0; start < row_count; start += strip_rows) {
        const size_t height = row_count - start < strip_rows ? row_count - start : strip_rows;
        for (size_t column = 0; column < matrix->columns; column += strip_columns) {
            const size_t left = matrix->columns - column, width = left < strip_columns ? left : strip_columns;
            read_codes(matrix, first_row + start, height, column, width, codes);
            for (size_t row = 0; row < height; row++) {
                const size_t output = first_row + start + row;
                uint8_t *block = rows + (start + row) * row_bytes + column / 32 * block_bytes;
                for (size_t i = 0; i < width; i += 32, block += block_bytes) {
                    const size_t group = (column + i) / matrix->group_columns;
                    const float scale = scale_of(matrix, groups, group, output);
                    write_half(scale, block);
                    const bool has_minimum = format == weight_format_q4_1;
                    if (has_minimum) write_half(-scale * (float)zero_of(matrix, groups, group, output), block + 2);
                    write_block_codes(format, codes + row * width + i, block + (has_minimum ? 4 : 2));
                }
            }
        }
    }
}
