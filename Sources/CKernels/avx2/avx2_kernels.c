#pragma STDC FP_CONTRACT OFF
#include "../kernel_tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#include "../lanes/lanes.h"

typedef uint8_t u8x32 __attribute__((ext_vector_type(32)));

/// Four codes of a row, for all lanes.
typedef int32_t quad_codes;

inlined quad_codes read_quad(const struct activation_block *block, int quad) {
    return load_vector(int32_t, block->codes + quad * 4);
}

// vpmaddubsw adds two products in 16 bits and saturates. Codes up to 127 cannot reach that (2 * 127 * 127); larger ones
// are taken as signed numbers around 128, their magnitudes (up to 128) meeting x with their sign: then the offset is
// done.

inlined i32x16 first_dot(int32_t offset, int offset_shift, bool codes_exceed_127) {
    return codes_exceed_127 ? (i32x16)0 : (i32x16)offset >> (7 - offset_shift);
}

inlined __m256i dot_of_half(__m256i codes, __m256i x, bool codes_exceed_127) {
    if (codes_exceed_127) {
        const __m256i centered = _mm256_xor_si256(codes, _mm256_set1_epi8((char)0x80));
        codes = _mm256_abs_epi8(centered);
        x = _mm256_sign_epi8(x, centered);
    }
    return _mm256_madd_epi16(_mm256_maddubs_epi16(codes, x), _mm256_set1_epi16(1));
}

inlined i32x16 add_dot(i32x16 sum, u8x64 codes, quad_codes x, bool codes_exceed_127) {
    struct {
        __m256i halves[2];
    } split, sums;
    memcpy(&split, &codes, sizeof split);
    memcpy(&sums, &sum, sizeof sums);
    const __m256i all = _mm256_set1_epi32(x);
    for (int i = 0; i < 2; i++)
        sums.halves[i] = _mm256_add_epi32(sums.halves[i], dot_of_half(split.halves[i], all, codes_exceed_127));
    memcpy(&sum, &sums, sizeof sum);
    return sum;
}

inlined u8x64 looked_up(const uint8_t *table, u8x64 indices) {
    const __m256i tables = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
    struct {
        __m256i halves[2];
    } split;
    memcpy(&split, &indices, sizeof split);
    for (int i = 0; i < 2; i++) split.halves[i] = _mm256_shuffle_epi8(tables, split.halves[i]);
    memcpy(&indices, &split, sizeof indices);
    return indices;
}

enum { product_rows_limit = 2, attention_rows = 2, float_tiles = 2, panels_are_signed = false, panels_share_an_offset = false };

#include "../lanes/lanes_table.h"

const struct kernel_table avx2_kernels = lanes_table(instruction_set_avx2);

#pragma clang attribute pop
#endif
