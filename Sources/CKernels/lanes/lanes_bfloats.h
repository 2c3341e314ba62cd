#ifndef PONDER_LANES_BFLOATS_H
#define PONDER_LANES_BFLOATS_H

#include "lanes.h"

// What dot products of BF16 do, for processors without them.

inlined u16x16 sixteen_rounded(const float *values) {
    const u32x16 bits = load_vector(u32x16, values), magnitudes = bits & 0x7fffffffu;
    const u32x16 nearest = bits + 0x7fffu + (bits >> 16 & 1u);
    const u32x16 rounded = (magnitudes > 0x7f800000u ? bits | 0x400000u : nearest) >> 16;
    const u32x16 stays = (u32x16)((rounded & 0x7fffu) >= (uint32_t)smallest_rounded_bfloat);
    return __builtin_convertvector(rounded & stays, u16x16);
}

/// Rounds 32 activations to BF16.
inlined void round_bfloats(const float *values, uint16_t *rounded) {
    const u16x16 first = sixteen_rounded(values), second = sixteen_rounded(values + 16);
    store_vector(rounded, first);
    store_vector(rounded + 16, second);
}

/// Adds each lane's two products of BF16 weights with the two activations in `x`, the upper one first.
inlined f32x16 add_bfloat_products(f32x16 sum, u32x16 weights, uint32_t x) {
    const f32x16 odd = (f32x16)(weights & 0xffff0000u), even = (f32x16)(weights << 16);
    sum = fused(odd, splat(float_from_bits(x & 0xffff0000u)), sum);
    return fused(even, splat(float_from_bits(x << 16)), sum);
}

#endif
