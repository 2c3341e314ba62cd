#ifndef PONDER_AVX2_LANES_H
#define PONDER_AVX2_LANES_H

#include "../lanes/lanes.h"
#include "../lanes/lanes_bfloats.h"

// What the two AVX2 tables share; sixteen lanes are two registers.

/// Sixteen lanes as the two registers that hold them.
struct halves {
    __m256i parts[2];
};

inlined u8x64 looked_up(const uint8_t *table, u8x64 indices) {
    const __m256i values = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
    struct halves halves;
    memcpy(&halves, &indices, sizeof halves);
    for (int i = 0; i < 2; i++) halves.parts[i] = _mm256_shuffle_epi8(values, halves.parts[i]);
    memcpy(&indices, &halves, sizeof indices);
    return indices;
}

inlined i32x16 add_word_products(i32x16 sum, i32x16 words, int32_t x) {
    struct halves halves;
    memcpy(&halves, &words, sizeof halves);
    for (int i = 0; i < 2; i++) halves.parts[i] = _mm256_madd_epi16(halves.parts[i], _mm256_set1_epi32(x));
    i32x16 products;
    memcpy(&products, &halves, sizeof products);
    return sum + products;
}

/// Four codes of a row, for all lanes.
typedef int32_t quad_codes;

inlined quad_codes read_quad(const struct activation_block *block, int quad) {
    return load_vector(int32_t, block->codes + quad * 4);
}

// 16 registers: the integer sums of four rows and a tile take eight.
enum { product_rows_limit = 4, attention_rows = 2, float_tiles = 2, panels_are_signed = false };

#endif
