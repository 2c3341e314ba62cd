#include "float_formats.h"
#include "tile_layout.h"

// ggml's block layouts: https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h

const uint8_t iq4_codes[16] = {1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241};
const uint8_t mxfp4_codes[16] = {16, 17, 18, 19, 20, 22, 24, 28, 16, 15, 14, 13, 12, 10, 8, 4};

static uint16_t read_16(const uint8_t *bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }

static void read_nibbles(const uint8_t *nibbles, size_t count, uint8_t *codes) {
    for (size_t i = 0; i < count; i++) {
        codes[i] = nibbles[i] & 0x0f;
        codes[count + i] = nibbles[i] >> 4;
    }
}

static void add_fifth_bits(const uint8_t *bits, uint8_t *codes) {
    for (size_t i = 0; i < 32; i++) codes[i] |= (uint8_t)((bits[i / 8] >> i % 8 & 1) << 4);
}

/// The scale of an E8M0 byte, 2^(exponent - 128): half of what it says, as MXFP4's table is doubled.
static uint16_t bfloat_of_half_power(uint8_t exponent) {
    const float power =
        exponent < 2 ? float_from_bits(0x00200000u << exponent) : float_from_bits((exponent - 1u) << 23);
    return (uint16_t)(bits_from_float(power) >> 16);
}

static void read_block_of_32(enum weight_format format, const uint8_t *block, size_t half,
                             struct superblock_contents *contents) {
    uint8_t *codes = contents->codes + half * 32;
    if (format == weight_format_mxfp4) {
        contents->scales[half] = bfloat_of_half_power(block[0]);
        read_nibbles(block + 1, 16, codes);
        return;
    }
    contents->scales[half] = read_16(block);
    switch (format) {
    case weight_format_q8_0:
        for (size_t i = 0; i < 32; i++) codes[i] = block[2 + i] ^ 0x80;
        break;
    case weight_format_q4_1:
        contents->minimums[half] = read_16(block + 2);
        read_nibbles(block + 4, 16, codes);
        break;
    case weight_format_q5_0:
        read_nibbles(block + 6, 16, codes);
        add_fifth_bits(block + 2, codes);
        break;
    case weight_format_q5_1:
        contents->minimums[half] = read_16(block + 2);
        read_nibbles(block + 8, 16, codes);
        add_fifth_bits(block + 4, codes);
        break;
    default: read_nibbles(block + 2, 16, codes);
    }
}

static void read_q2_k(const uint8_t *block, struct superblock_contents *contents) {
    for (size_t i = 0; i < 16; i++) {
        contents->scale_factors[i] = block[i] & 0x0f;
        contents->minimum_factors[i] = block[i] >> 4;
    }
    for (size_t i = 0; i < 256; i++) contents->codes[i] = block[16 + i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
    contents->scales[0] = read_16(block + 80);
    contents->minimums[0] = read_16(block + 82);
}

static void read_q3_k(const uint8_t *block, struct superblock_contents *contents) {
    const uint8_t *high_bits = block, *pairs = block + 32, *factors = block + 96;
    for (size_t i = 0; i < 256; i++) {
        const uint8_t low = pairs[i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
        const uint8_t high = high_bits[i % 32] >> i / 32 & 1;
        contents->codes[i] = (uint8_t)(low | high << 2);
    }
    for (size_t i = 0; i < 16; i++) {
        const int low = factors[i % 8] >> i / 8 * 4 & 0x0f;
        const int high = factors[8 + i % 4] >> i / 4 * 2 & 3;
        contents->scale_factors[i] = (int8_t)((low | high << 4) - 32);
    }
    contents->scales[0] = read_16(block + 108);
}

static void read_six_bit_factors(const uint8_t *packed, struct superblock_contents *contents) {
    for (size_t i = 0; i < 4; i++) {
        contents->scale_factors[i] = packed[i] & 63;
        contents->minimum_factors[i] = packed[4 + i] & 63;
        contents->scale_factors[4 + i] = (int8_t)((packed[8 + i] & 0x0f) | packed[i] >> 6 << 4);
        contents->minimum_factors[4 + i] = (uint8_t)(packed[8 + i] >> 4 | packed[4 + i] >> 6 << 4);
    }
}

static void read_q4_k_or_q5_k(enum weight_format format, const uint8_t *block, struct superblock_contents *contents) {
    contents->scales[0] = read_16(block);
    contents->minimums[0] = read_16(block + 2);
    read_six_bit_factors(block + 4, contents);
    const bool has_fifth_bits = format == weight_format_q5_k;
    const uint8_t *nibbles = block + (has_fifth_bits ? 48 : 16);
    for (size_t part = 0; part < 4; part++) read_nibbles(nibbles + part * 32, 32, contents->codes + part * 64);
    if (!has_fifth_bits) return;
    for (size_t i = 0; i < 256; i++) contents->codes[i] |= (uint8_t)((block[16 + i % 32] >> i / 32 & 1) << 4);
}

static void read_q6_k(const uint8_t *block, struct superblock_contents *contents) {
    for (size_t half = 0; half < 2; half++) {
        const uint8_t *low = block + half * 64, *high = block + 128 + half * 32;
        uint8_t *codes = contents->codes + half * 128;
        for (size_t i = 0; i < 32; i++) {
            codes[i] = (uint8_t)((low[i] & 0x0f) | (high[i] & 3) << 4);
            codes[32 + i] = (uint8_t)((low[32 + i] & 0x0f) | (high[i] >> 2 & 3) << 4);
            codes[64 + i] = (uint8_t)(low[i] >> 4 | (high[i] >> 4 & 3) << 4);
            codes[96 + i] = (uint8_t)(low[32 + i] >> 4 | (high[i] >> 6) << 4);
        }
    }
    memcpy(contents->scale_factors, block + 192, 16);
    contents->scales[0] = read_16(block + 208);
}

static void read_iq4_xs(const uint8_t *block, struct superblock_contents *contents) {
    contents->scales[0] = read_16(block);
    const unsigned high_bits = read_16(block + 2);
    for (size_t i = 0; i < 8; i++) {
        const int low = block[4 + i / 2] >> i % 2 * 4 & 0x0f;
        contents->scale_factors[i] = (int8_t)((low | (int)(high_bits >> i * 2 & 3) << 4) - 32);
        read_nibbles(block + 8 + i * 16, 16, contents->codes + i * 32);
    }
}

void read_file_superblock(enum weight_format format, const uint8_t *blocks, size_t columns,
                          struct superblock_contents *contents) {
    memset(contents, 0, sizeof *contents);
    switch (format) {
    case weight_format_q2_k: read_q2_k(blocks, contents); break;
    case weight_format_q3_k: read_q3_k(blocks, contents); break;
    case weight_format_q4_k:
    case weight_format_q5_k: read_q4_k_or_q5_k(format, blocks, contents); break;
    case weight_format_q6_k: read_q6_k(blocks, contents); break;
    case weight_format_iq4_xs: read_iq4_xs(blocks, contents); break;
    default:
        for (size_t half = 0; half < columns / 32; half++)
            read_block_of_32(format, blocks + half * weight_block_bytes(format), half, contents);
    }
}
