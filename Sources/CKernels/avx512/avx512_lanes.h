#ifndef PONDER_AVX512_LANES_H
#define PONDER_AVX512_LANES_H

#include "../lanes/lanes.h"

// What the two AVX-512 tables share; sixteen lanes are one register.

/// Four codes of a row, for all lanes.
typedef int32_t quad_codes;

inlined quad_codes read_quad(const struct activation_block *block, int quad) {
    return load_vector(int32_t, block->codes + quad * 4);
}

/// The sums' start: minus the codes' offset times the sum of x; `offset` is that for codes with an offset of 128.
inlined i32x16 first_dot(int32_t offset, int offset_shift, bool codes_exceed_127) {
    (void)codes_exceed_127;
    return (i32x16)offset >> (7 - offset_shift);
}

/// Adds each lane's four products of unsigned codes with the four signed ones of `x`.
inlined i32x16 add_dot(i32x16 sum, u8x64 codes, quad_codes x, bool codes_exceed_127) {
    (void)codes_exceed_127;
    return (i32x16)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)codes, _mm512_set1_epi32(x));
}

inlined i32x16 add_word_products(i32x16 sum, i32x16 words, int32_t x) {
    return (i32x16)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)words, _mm512_set1_epi32(x));
}

inlined u8x64 looked_up(const uint8_t *table, u8x64 indices) {
    const __m512i tables = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)table));
    return (u8x64)_mm512_shuffle_epi8(tables, (__m512i)indices);
}

enum { product_rows_limit = 6, attention_rows = 8, float_tiles = 4 };
enum { panels_are_signed = false, panels_share_an_offset = true, small_codes_matter = false };

static size_t direct_rows_limit(enum weight_format format) {
    switch (format) {
    case weight_format_q6_k: return 24;
    case weight_format_q4_0: return 48;
    case weight_format_q8_0: return 32;
    default: return 16;
    }
}

#include "../lanes/lanes_dots.h"

#endif
