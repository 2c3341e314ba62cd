#pragma STDC FP_CONTRACT OFF
#include "../kernel_tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,avx2,fma,f16c"))),   \
                             apply_to = function)

#include "avx512_lanes.h"

/// Rounds 32 activations to BF16.
inlined void round_bfloats(const float *values, uint16_t *rounded) {
    const __m512 first = _mm512_loadu_ps(values), second = _mm512_loadu_ps(values + 16);
    const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(second, first);
    const __m512i magnitudes = _mm512_and_si512(both, _mm512_set1_epi16(0x7fff));
    const __mmask32 stays = _mm512_cmpge_epu16_mask(magnitudes, _mm512_set1_epi16(smallest_rounded_bfloat));
    _mm512_storeu_si512(rounded, _mm512_maskz_mov_epi16(stays, both));
}

/// Adds each lane's two products of BF16 weights with the two activations in `x`, the upper one first.
inlined f32x16 add_bfloat_products(f32x16 sum, u32x16 weights, uint32_t x) {
    return (f32x16)_mm512_dpbf16_ps((__m512)sum, (__m512bh)weights, (__m512bh)_mm512_set1_epi32((int32_t)x));
}
#include "../lanes/lanes_table.h"

const struct kernel_table avx512_bf16_kernels = lanes_table(instruction_set_avx512_bf16);

#pragma clang attribute pop
#endif
