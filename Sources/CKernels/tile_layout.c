#include "tile_layout.h"

#include "float_formats.h"

bool weight_format_is_quantized(enum weight_format format) { return format > weight_format_bf16_rounding; }

size_t weight_block_columns(enum weight_format format) {
    if (!weight_format_is_quantized(format)) return 1;
    return has_superblocks(traits_of(format)) ? 256 : 32;
}

size_t activation_group_columns(enum weight_format format) { return has_superblocks(traits_of(format)) ? 256 : 32; }

size_t weight_block_bytes(enum weight_format format) {
    static const uint8_t bytes[weight_format_count] = {4,  2,  2,   2,   34,  18,  20, 22, 24,
                                                       84, 110, 144, 176, 210, 18, 136, 17};
    return bytes[format];
}

size_t weight_tile_bytes(enum weight_format format, size_t columns) {
    const struct tile_traits traits = traits_of(format);
    if (traits.planes != planes_none) return superblock_count(traits, columns) * superblock_bytes(traits);
    if (format == weight_format_f32) return columns * 64;
    return (columns + 1) / 2 * 64;
}

static uint32_t read_word(const uint8_t *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/// Four neighbouring codes' bits, from `shift` on, as bytes of a word.
static uint32_t code_bits(const uint8_t *codes, size_t half, size_t quad, int shift, uint32_t mask) {
    return read_word(codes + half * 32 + quad * 4) >> shift & mask * 0x01010101u;
}

static uint32_t *write_nibbles(const uint8_t *codes, size_t row, uint32_t *words) {
    for (size_t quad = 0; quad < 8; quad++)
        words[quad * 16 + row] = code_bits(codes, 0, quad, 0, 15) | code_bits(codes, 1, quad, 0, 15) << 4;
    return words + 8 * 16;
}

static uint32_t *write_pairs(const uint8_t *codes, int shift, size_t row, uint32_t *words) {
    for (size_t vector = 0; vector < 4; vector++) {
        uint32_t word = 0;
        for (size_t part = 0; part < 4; part++)
            word |= code_bits(codes, vector / 2, vector % 2 * 4 + part, shift, 3) << part * 2;
        words[vector * 16 + row] = word;
    }
    return words + 4 * 16;
}

static void write_bits(const uint8_t *codes, int shift, size_t row, uint32_t *words) {
    for (size_t half = 0; half < 2; half++) {
        uint32_t word = 0;
        for (size_t quad = 0; quad < 8; quad++) word |= code_bits(codes, half, quad, shift, 1) << quad;
        words[half * 16 + row] = word;
    }
}

static void write_group(enum code_planes planes, const uint8_t *codes, size_t row, uint32_t *words) {
    switch (planes) {
    case planes_none: break;
    case planes_byte:
        for (size_t i = 0; i < 16; i++) words[i * 16 + row] = read_word(codes + i * 4);
        break;
    case planes_nibble: write_nibbles(codes, row, words); break;
    case planes_nibble_bit: write_bits(codes, 4, row, write_nibbles(codes, row, words)); break;
    case planes_nibble_pair: write_pairs(codes, 4, row, write_nibbles(codes, row, words)); break;
    case planes_pair: write_pairs(codes, 0, row, words); break;
    case planes_pair_bit: write_bits(codes, 2, row, write_pairs(codes, 0, row, words)); break;
    }
}

static unsigned plane_nibble(const uint8_t *plane, size_t row, size_t column) {
    return plane[column % 32 / 4 * 64 + row * 4 + column % 4] >> column / 32 * 4 & 15;
}

static unsigned plane_pair(const uint8_t *plane, size_t row, size_t column) {
    return plane[column / 16 * 64 + row * 4 + column % 4] >> column % 16 / 4 * 2 & 3;
}

static unsigned plane_bit(const uint8_t *plane, size_t row, size_t column) {
    return plane[column / 32 * 64 + row * 4 + column % 4] >> column % 32 / 4 & 1;
}

static uint8_t read_group_code(enum code_planes planes, const uint8_t *group, size_t row, size_t column) {
    switch (planes) {
    case planes_none: return 0;
    case planes_byte: return group[column / 4 * 64 + row * 4 + column % 4];
    case planes_nibble: return (uint8_t)plane_nibble(group, row, column);
    case planes_nibble_bit:
        return (uint8_t)(plane_nibble(group, row, column) | plane_bit(group + 512, row, column) << 4);
    case planes_nibble_pair:
        return (uint8_t)(plane_nibble(group, row, column) | plane_pair(group + 512, row, column) << 4);
    case planes_pair: return (uint8_t)plane_pair(group, row, column);
    case planes_pair_bit: return (uint8_t)(plane_pair(group, row, column) | plane_bit(group + 256, row, column) << 2);
    }
}

// Six-bit factors, one byte each as E0 (scales 0-3), E1 (scales 4-7), E2 and E3 (minimums) in lanes of four, are kept
// in three vectors: low nibbles of E0 and E1, low nibbles of E2 and E3, and the four's high bit pairs.

static void write_six_bit_factors(const struct superblock_contents *contents, size_t row, uint8_t *vectors) {
    for (size_t i = 0; i < 4; i++) {
        const uint8_t s0 = (uint8_t)contents->scale_factors[i], s1 = (uint8_t)contents->scale_factors[4 + i];
        const uint8_t m0 = contents->minimum_factors[i], m1 = contents->minimum_factors[4 + i];
        uint8_t *byte = vectors + row * 4 + i;
        byte[0] = (uint8_t)((s0 & 15) | (s1 & 15) << 4);
        byte[64] = (uint8_t)((m0 & 15) | (m1 & 15) << 4);
        byte[128] = (uint8_t)(s0 >> 4 | s1 >> 4 << 2 | m0 >> 4 << 4 | m1 >> 4 << 6);
    }
}

static void read_six_bit_factors(const uint8_t *vectors, size_t row, struct superblock_contents *contents) {
    for (size_t i = 0; i < 4; i++) {
        const uint8_t *byte = vectors + row * 4 + i;
        contents->scale_factors[i] = (int8_t)((byte[0] & 15) | (byte[128] & 3) << 4);
        contents->scale_factors[4 + i] = (int8_t)(byte[0] >> 4 | (byte[128] >> 2 & 3) << 4);
        contents->minimum_factors[i] = (uint8_t)((byte[64] & 15) | (byte[128] >> 4 & 3) << 4);
        contents->minimum_factors[4 + i] = (uint8_t)(byte[64] >> 4 | byte[128] >> 6 << 4);
    }
}

static void write_header(enum header_layout header, const struct superblock_contents *contents, size_t row,
                         uint8_t *bytes) {
    uint16_t *halves = (uint16_t *)bytes;
    halves[row] = contents->scales[0];
    if (header == header_scale || header == header_scale_bfloat || header == header_scale_minimum)
        halves[16 + row] = contents->scales[1];
    else
        halves[16 + row] = contents->minimums[0];
    if (header == header_scale_minimum) {
        halves[32 + row] = contents->minimums[0];
        halves[48 + row] = contents->minimums[1];
    }
    if (header == header_six_bit) write_six_bit_factors(contents, row, bytes + 64);
    if (header == header_signed_16 || header == header_signed_8)
        for (size_t i = 0; i < (header == header_signed_8 ? 8 : 16); i++)
            bytes[64 + i * 16 + row] = (uint8_t)contents->scale_factors[i];
    if (header == header_nibbles)
        for (size_t i = 0; i < 16; i++)
            bytes[64 + i * 16 + row] = (uint8_t)(contents->scale_factors[i] | contents->minimum_factors[i] << 4);
}

static void read_header(enum header_layout header, const uint8_t *bytes, size_t row,
                        struct superblock_contents *contents) {
    const uint16_t *halves = (const uint16_t *)bytes;
    contents->scales[0] = halves[row];
    if (header == header_scale || header == header_scale_bfloat || header == header_scale_minimum)
        contents->scales[1] = halves[16 + row];
    else
        contents->minimums[0] = halves[16 + row];
    if (header == header_scale_minimum) {
        contents->minimums[0] = halves[32 + row];
        contents->minimums[1] = halves[48 + row];
    }
    if (header == header_six_bit) read_six_bit_factors(bytes + 64, row, contents);
    if (header == header_signed_16 || header == header_signed_8)
        for (size_t i = 0; i < (header == header_signed_8 ? 8 : 16); i++)
            contents->scale_factors[i] = (int8_t)bytes[64 + i * 16 + row];
    if (header == header_nibbles)
        for (size_t i = 0; i < 16; i++) {
            contents->scale_factors[i] = bytes[64 + i * 16 + row] & 15;
            contents->minimum_factors[i] = bytes[64 + i * 16 + row] >> 4;
        }
}

void write_tile_superblock(enum weight_format format, const struct superblock_contents *contents, size_t row,
                           uint8_t *superblock) {
    const struct tile_traits traits = traits_of(format);
    write_header(traits.header, contents, row, superblock);
    for (size_t group = 0; group < traits.superblock_columns / 64u; group++)
        write_group(traits.planes, contents->codes + group * 64, row,
                    (uint32_t *)(superblock + traits.header_bytes + group * traits.group_bytes));
}

void read_tile_superblock(enum weight_format format, const uint8_t *superblock, size_t row,
                          struct superblock_contents *contents) {
    const struct tile_traits traits = traits_of(format);
    memset(contents, 0, sizeof *contents);
    read_header(traits.header, superblock, row, contents);
    for (size_t column = 0; column < traits.superblock_columns; column++)
        contents->codes[column] = read_group_code(
            traits.planes, superblock + traits.header_bytes + column / 64 * traits.group_bytes, row, column % 64);
}

struct superblock_scale contents_superblock_scale(const struct superblock_contents *contents) {
    return (struct superblock_scale){float_from_half(contents->scales[0]), float_from_half(contents->minimums[0])};
}

size_t factor_index(enum weight_format format, size_t group) {
    return traits_of(format).scales_per_16 ? group : group / 2;
}

void contents_scale(enum weight_format format, const struct superblock_contents *contents, size_t group, float *scale,
                    float *minimum) {
    const enum header_layout header = traits_of(format).header;
    *minimum = 0;
    if (header == header_scale_bfloat) {
        *scale = float_from_bfloat(contents->scales[group / 2]);
    } else if (header == header_scale || header == header_scale_minimum) {
        *scale = float_from_half(contents->scales[group / 2]);
        // The file's minimum is added, ours is taken off.
        if (header == header_scale_minimum) *minimum = -float_from_half(contents->minimums[group / 2]);
    } else {
        const size_t factor = factor_index(format, group);
        const struct superblock_scale of_all = contents_superblock_scale(contents);
        *scale = of_all.scale * (float)contents->scale_factors[factor];
        *minimum = of_all.minimum * (float)contents->minimum_factors[factor];
    }
}

static void write_values(enum weight_format format, const struct superblock_contents *contents, size_t columns,
                         float *values) {
    const struct tile_traits traits = traits_of(format);
    const int offset = traits.offset_shift < 0 ? 0 : 1 << traits.offset_shift;
    for (size_t group = 0; group < columns / 16; group++) {
        float scale, minimum;
        contents_scale(format, contents, group, &scale, &minimum);
        for (size_t column = group * 16; column < group * 16 + 16; column++) {
            const float product = scale * (float)(contents_code(format, contents, column) - offset);
            values[column] = traits.has_minimums ? product - minimum : product;
        }
    }
}

static float file_float(enum weight_format format, const uint8_t *bytes, size_t column) {
    if (format == weight_format_f32) return float_from_bits(read_word(bytes + column * 4));
    const uint16_t bits = (uint16_t)(bytes[column * 2] | bytes[column * 2 + 1] << 8);
    return format == weight_format_f16 ? float_from_half(bits) : float_from_bfloat(bits);
}

/// Where a float weight lies in its tile, in elements: two columns of a row share a lane when they have 16 bits.
static size_t float_index(enum weight_format format, size_t row, size_t column) {
    if (format == weight_format_f32) return column * 16 + row;
    if (format == weight_format_f16) return column * 16 + row;
    return column / 2 * 32 + row * 2 + column % 2;
}

void unpack_weight_row(const struct weight_tiles *weights, size_t row, float *values) {
    const enum weight_format format = weights->format;
    const struct tile_traits traits = traits_of(format);
    const uint8_t *tile = (const uint8_t *)weights->data + row / tile_rows * weights->tile_bytes;
    const size_t lane = row % tile_rows;
    if (traits.planes == planes_none) {
        for (size_t column = 0; column < weights->columns; column++)
            values[column] = file_float(format, tile, float_index(format, lane, column));
        return;
    }
    for (size_t start = 0; start < weights->columns; start += traits.superblock_columns) {
        const size_t left = weights->columns - start;
        struct superblock_contents contents;
        read_tile_superblock(format, tile + start / traits.superblock_columns * superblock_bytes(traits), lane,
                             &contents);
        write_values(format, &contents, left < traits.superblock_columns ? left : traits.superblock_columns,
                     values + start);
    }
}

void dequantize_weight_row(enum weight_format format, size_t columns, const uint8_t *row, float *values) {
    const struct tile_traits traits = traits_of(format);
    if (traits.planes == planes_none) {
        for (size_t column = 0; column < columns; column++) values[column] = file_float(format, row, column);
        return;
    }
    const size_t file_bytes = traits.superblock_columns / weight_block_columns(format) * weight_block_bytes(format);
    for (size_t start = 0; start < columns; start += traits.superblock_columns) {
        const size_t left = columns - start;
        const size_t width = left < traits.superblock_columns ? left : traits.superblock_columns;
        struct superblock_contents contents;
        read_file_superblock(format, row + start / traits.superblock_columns * file_bytes, width, &contents);
        write_values(format, &contents, width, values + start);
    }
}
