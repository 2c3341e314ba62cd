#pragma STDC FP_CONTRACT OFF
#include "../kernel_tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#include "avx2_lanes.h"

enum { panels_share_an_offset = false, small_codes_matter = true };

static size_t direct_rows_limit(enum weight_format format) {
    (void)format;
    return 8;
}

#include "avx2_dots.h"

// What attention to a cache of bytes needs.

inlined i32x16 first_dot(int32_t offset, int offset_shift, bool codes_exceed_127) {
    return codes_exceed_127 ? (i32x16)0 : (i32x16)offset >> (7 - offset_shift);
}

inlined i32x16 add_dot(i32x16 sum, u8x64 codes, quad_codes x, bool codes_exceed_127) {
    const struct quad_weights weights = signed_weights(codes, codes_exceed_127);
    struct halves sums;
    memcpy(&sums, &sum, sizeof sums);
    for (int i = 0; i < 2; i++) {
        const __m256i pairs = pair_products(codes_exceed_127, &weights, i, _mm256_set1_epi32(x));
        sums.parts[i] = _mm256_add_epi32(sums.parts[i], _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
    memcpy(&sum, &sums, sizeof sum);
    return sum;
}

#include "../lanes/lanes_table.h"

const struct kernel_table avx2_kernels = lanes_table(instruction_set_avx2);

#pragma clang attribute pop
#endif
