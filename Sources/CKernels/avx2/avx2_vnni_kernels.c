#pragma STDC FP_CONTRACT OFF
#include "../kernel_tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avxvnni"))), apply_to = function)

#include "avx2_lanes.h"

/// The sums' start: minus the codes' offset times the sum of x; `offset` is that for codes with an offset of 128.
inlined i32x16 first_dot(int32_t offset, int offset_shift, bool codes_exceed_127) {
    (void)codes_exceed_127;
    return (i32x16)offset >> (7 - offset_shift);
}

/// Adds each lane's four products of unsigned codes with the four signed ones of `x`.
inlined i32x16 add_dot(i32x16 sum, u8x64 codes, quad_codes x, bool codes_exceed_127) {
    (void)codes_exceed_127;
    struct halves weights, sums;
    memcpy(&weights, &codes, sizeof weights);
    memcpy(&sums, &sum, sizeof sums);
    for (int i = 0; i < 2; i++)
        sums.parts[i] = _mm256_dpbusd_avx_epi32(sums.parts[i], weights.parts[i], _mm256_set1_epi32(x));
    memcpy(&sum, &sums, sizeof sum);
    return sum;
}

enum { panels_share_an_offset = true, small_codes_matter = false };

static size_t direct_rows_limit(enum weight_format format) {
    switch (format) {
    case weight_format_q8_0: return SIZE_MAX;
    case weight_format_q4_0: return 64;
    case weight_format_q5_k: return 8;
    default: return 16;
    }
}

#include "../lanes/lanes_dots.h"
#include "../lanes/lanes_table.h"

const struct kernel_table avx2_vnni_kernels = lanes_table(instruction_set_avx2_vnni);

#pragma clang attribute pop
#endif
