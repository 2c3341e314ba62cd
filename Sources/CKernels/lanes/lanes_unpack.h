#ifndef PONDER_LANES_UNPACK_H
#define PONDER_LANES_UNPACK_H

#include "lanes.h"

// From a tile's superblock to what is multiplied: 64 codes a vector, and one float a lane of scale and minimum.
// `format`, `half` and `quad` are constants where these are called, so that one path remains of each.

inlined u8x64 load_codes(const uint8_t *p) { return load_vector(u8x64, p); }

/// Moves the bits at `from` to `to` and keeps `mask`.
inlined u8x64 moved_bits(u8x64 v, int from, int to, uint8_t mask) {
    return (from <= to ? v << (uint8_t)(to - from) : v >> (uint8_t)(from - to)) & mask;
}

inlined u8x64 group_codes(enum weight_format format, const uint8_t *group, int half, int quad) {
    const struct tile_traits traits = traits_of(format);
    if (traits.planes == planes_byte) return load_codes(group + (half * 8 + quad) * 64);
    const bool has_pairs_alone = traits.planes == planes_pair || traits.planes == planes_pair_bit;
    u8x64 codes;
    if (has_pairs_alone) {
        codes = moved_bits(load_codes(group + (half * 2 + quad / 4) * 64), quad % 4 * 2, 0, 3);
    } else {
        codes = moved_bits(load_codes(group + quad * 64), half * 4, 0, 15);
    }
    if (traits.planes == planes_nibble_pair)
        codes |= moved_bits(load_codes(group + 512 + (half * 2 + quad / 4) * 64), quad % 4 * 2, 4, 0x30);
    if (traits.planes == planes_nibble_bit) codes |= moved_bits(load_codes(group + 512 + half * 64), quad, 4, 0x10);
    if (traits.planes == planes_pair_bit) codes |= moved_bits(load_codes(group + 256 + half * 64), quad, 2, 4);
    return traits.has_lookup ? looked_up(lookup_of(format), codes) : codes;
}

/// Scales and minimums of 64 columns, for formats without superblocks.
inlined void header_scales(enum weight_format format, const uint8_t *header, f32x16 *scales, f32x16 *minimums) {
    const enum header_layout layout = traits_of(format).header;
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++) {
        scales[i] = layout == header_scale_bfloat ? load_bfloats(header + i * 32) : load_halves(header + i * 32);
        if (layout == header_scale_minimum) minimums[i] = -load_halves(header + 64 + i * 32);
    }
}

/// What a superblock's factors are multiplied with, and the factors of its minimums, two of 16 bits a lane.
struct superblock_scales {
    f32x16 scale, minimum;
    i32x16 minimum_pairs[8];
};

inlined f32x16 signed_factors(const uint8_t *p) { return __builtin_convertvector(load_vector(i8x16, p), f32x16); }

inlined f32x16 byte_of_lanes(u32x16 v, int byte) { return as_floats((i32x16)(v >> (uint32_t)(byte * 8) & 0xffu)); }

inlined void six_bit_factors(const uint8_t *header, f32x16 *factors, struct superblock_scales *scales) {
    const u32x16 s = load_vector(u32x16, header + 64), m = load_vector(u32x16, header + 128);
    const u32x16 high = load_vector(u32x16, header + 192);
    const u32x16 low_nibbles = (u32x16)0x0f0f0f0fu, high_pairs = (u32x16)0x30303030u;
    const u32x16 vectors[4] = {
        (s & low_nibbles) | (high << 4 & high_pairs),
        (s >> 4 & low_nibbles) | (high << 2 & high_pairs),
        (m & low_nibbles) | (high & high_pairs),
        (m >> 4 & low_nibbles) | (high >> 2 & high_pairs),
    };
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) factors[i] = byte_of_lanes(vectors[i / 4], i % 4);
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++) {
        const u32x16 four = vectors[2 + i];
        scales->minimum_pairs[i * 2] = (i32x16)((four & 0xffu) | (four & 0xff00u) << 8);
        scales->minimum_pairs[i * 2 + 1] = (i32x16)((four >> 16 & 0xffu) | (four >> 24) << 16);
    }
}

/// A superblock's scales and factors, in the order of their columns.
inlined void header_factors(enum weight_format format, const uint8_t *header, f32x16 *factors,
                            struct superblock_scales *scales) {
    const struct tile_traits traits = traits_of(format);
    scales->scale = load_halves(header);
    if (traits.has_minimums) scales->minimum = load_halves(header + 32);
    if (traits.header == header_six_bit) {
        six_bit_factors(header, factors, scales);
        return;
    }
    const int count = traits.scales_per_16 ? 16 : 8;
    if (traits.header != header_nibbles) {
        for (int i = 0; i < count; i++) factors[i] = signed_factors(header + 64 + i * 16);
        return;
    }
    for (int pair = 0; pair < 8; pair++) {
        const u8x16 first = load_vector(u8x16, header + 64 + pair * 32), second = load_vector(u8x16, header + 80 + pair * 32);
        factors[pair * 2] = __builtin_convertvector(first & (uint8_t)15, f32x16);
        factors[pair * 2 + 1] = __builtin_convertvector(second & (uint8_t)15, f32x16);
        scales->minimum_pairs[pair] = __builtin_convertvector(first >> (uint8_t)4, i32x16) |
                                      __builtin_convertvector(second >> (uint8_t)4, i32x16) << 16;
    }
}

#endif
