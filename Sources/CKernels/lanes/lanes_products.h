#ifndef PONDER_LANES_PRODUCTS_H
#define PONDER_LANES_PRODUCTS_H

#include "lanes_unpack.h"

// Products with quantised weights, one group of columns: what the direct way and the panels share.
// `product_rows_limit` (rows whose sums fit the registers beside two tiles) comes from the including file, as do
// `panels_are_signed` (codes beyond 127 then lie in panels without their offset of 128), `panels_share_an_offset` (all codes
// with an offset have one of 128 there, which makes it a constant of the inner loop) and `small_codes_matter` (products are
// faster the smaller the codes are).

/// What the inner loop must know of a format, constant wherever it is used but for the shift.
struct product_kind {
    bool in_superblocks; // scales are factors of their superblock's
    bool scales_per_16;
    bool has_minimums;
    int highest_code; // no code is larger: 255, 127 or, where small codes matter, 63, 31 or 15
    int offset_shift;
};

inlined int highest_code_of(struct tile_traits traits) {
    if (traits.codes_exceed_127) return 255;
    if (!small_codes_matter) return 127;
    if (traits.planes == planes_nibble_pair) return 63;
    return traits.planes == planes_nibble_bit || traits.has_lookup ? 31 : 15;
}

inlined struct product_kind kind_of(enum weight_format format) {
    const struct tile_traits traits = traits_of(format);
    return (struct product_kind){has_superblocks(traits), traits.scales_per_16, traits.has_minimums,
                                 highest_code_of(traits), traits.offset_shift};
}

/// The same of a panel.
inlined struct product_kind panel_kind_of(enum weight_format format) {
    struct product_kind kind = kind_of(format);
    if (panels_are_signed && kind.highest_code > 127) {
        kind.highest_code = 127;
        kind.offset_shift = -1;
    }
    return kind;
}

/// 64 columns of one tile: where codes, scales (or factors) and minimums (of formats without superblocks) are.
struct product_group {
    const uint8_t *codes;
    const f32x16 *scales;
    const f32x16 *minimums;
};

inlined int32_t offset_of(const struct activation_block *block, bool scales_per_16, int part) {
    return scales_per_16 ? block->half_offsets[part] : block->offset;
}

/// Adds each lane's two products of numbers of 16 bits. From the including file.
inlined i32x16 add_word_products(i32x16 sum, i32x16 words, int32_t x);

/// The integer dot products of one scale group: of `tiles` tiles and `rows` rows, offsets included. From lanes_dots.h or
/// the including file's own.
inlined void scale_group_dots(enum weight_format format, struct product_kind kind, int tiles, int rows,
                              const struct product_group *groups, int half, int part,
                              const struct activation_block *const *blocks, size_t block, i32x16 (*dots)[8]);

/// Adds one scale group (32 columns, or part 0 or 1 of them) of `tiles` tiles and `rows` rows to the sums.
inlined void add_scale_group(enum weight_format format, struct product_kind kind, int tiles, int rows,
                             const struct product_group *groups, int half, int part,
                             const struct activation_block *const *blocks, size_t block, f32x16 (*sums)[8]) {
    const int scale = kind.scales_per_16 ? half * 2 + part : half;
    i32x16 dots[2][8];
    scale_group_dots(format, kind, tiles, rows, groups, half, part, blocks, block, dots);
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
        const struct activation_block *x = &blocks[row][block];
#pragma clang loop unroll(full)
        for (int tile = 0; tile < tiles; tile++) {
            const f32x16 weight_scale = groups[tile].scales[scale];
            const f32x16 factor = kind.in_superblocks ? weight_scale : weight_scale * splat(x->scale);
            sums[tile][row] = fused(as_floats(dots[tile][row]), factor, sums[tile][row]);
            if (!kind.has_minimums || kind.in_superblocks) continue;
            sums[tile][row] = fused(groups[tile].minimums[scale], splat(x->scaled_negative_sum), sums[tile][row]);
        }
    }
}

inlined void add_product_group(enum weight_format format, struct product_kind kind, int tiles, int rows,
                               const struct product_group *groups, const struct activation_block *const *blocks,
                               size_t first_block, f32x16 (*sums)[8]) {
    if (kind.scales_per_16 && tiles == 2) {
        // A loop keeps the compiler from mixing scale groups, which takes more registers than there are.
#pragma clang loop unroll(disable)
        for (unsigned i = 0; i < 4; i++)
            add_scale_group(format, kind, tiles, rows, groups, (int)(i / 2), (int)(i % 2), blocks, first_block + i / 2,
                            sums);
        return;
    }
    const int parts = kind.scales_per_16 ? 2 : 1;
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; half++)
#pragma clang loop unroll(full)
        for (int part = 0; part < parts; part++)
            add_scale_group(format, kind, tiles, rows, groups, half, part, blocks, first_block + (size_t)half, sums);
}

/// Minus the sums of the codes of two neighbouring scale groups, two of 16 bits.
inlined int32_t negative_sum_pair(struct product_kind kind, const struct activation_block *blocks, int pair) {
    const int32_t first = kind.scales_per_16 ? blocks[pair].half_offsets[0] : blocks[pair * 2].offset;
    const int32_t second = kind.scales_per_16 ? blocks[pair].half_offsets[1] : blocks[pair * 2 + 1].offset;
    return (int32_t)(((uint32_t)(first >> 7) & 0xffffu) | (uint32_t)(second >> 7) << 16);
}

/// Adds what the groups of a superblock came to, `parts`, to the sums.
inlined void add_superblock(struct product_kind kind, int tiles, int rows, const struct superblock_scales *const *scales,
                            const struct activation_block *const *blocks, size_t first_block, f32x16 (*parts)[8],
                            f32x16 (*sums)[8]) {
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
        const struct activation_block *x = &blocks[row][first_block];
#pragma clang loop unroll(full)
        for (int tile = 0; tile < tiles; tile++) {
            sums[tile][row] = fused(parts[tile][row], scales[tile]->scale * splat(x->scale), sums[tile][row]);
            if (!kind.has_minimums) continue;
            i32x16 minimums = (i32x16)0;
#pragma clang loop unroll(full)
            for (int pair = 0; pair < (kind.scales_per_16 ? 8 : 4); pair++)
                minimums = add_word_products(minimums, scales[tile]->minimum_pairs[pair], negative_sum_pair(kind, x, pair));
            sums[tile][row] = fused(as_floats(minimums), scales[tile]->minimum * splat(x->scale), sums[tile][row]);
        }
    }
}

#endif
