#ifndef PONDER_LANES_DOTS_H
#define PONDER_LANES_DOTS_H

#include "lanes_products.h"

// Dot products by instructions that add four products of bytes to a lane (`add_dot`, of the including file).

inlined void scale_group_dots(enum weight_format format, struct product_kind kind, int tiles, int rows,
                              const struct product_group *groups, int half, int part,
                              const struct activation_block *const *blocks, size_t block, i32x16 (*dots)[8]) {
    const int quads = kind.scales_per_16 ? 4 : 8;
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
        const int32_t offset = offset_of(&blocks[row][block], kind.scales_per_16, part);
        dots[0][row] = kind.has_minimums || (panels_are_signed && kind.offset_shift < 0)
                           ? (i32x16)0
                           : first_dot(offset, kind.offset_shift, kind.highest_code > 127);
        if (tiles == 2) dots[1][row] = dots[0][row];
    }
#pragma clang loop unroll(full)
    for (int quad = part * quads; quad < (part + 1) * quads; quad++) {
        // Loads that the compiler moves up past others take more registers than there are.
        if (tiles * rows >= 8 && kind.in_superblocks) __asm__ volatile("" ::: "memory");
        u8x64 codes[2];
#pragma clang loop unroll(full)
        for (int tile = 0; tile < tiles; tile++) codes[tile] = group_codes(format, groups[tile].codes, half, quad);
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++) {
            const quad_codes x = read_quad(&blocks[row][block], quad);
#pragma clang loop unroll(full)
            for (int tile = 0; tile < tiles; tile++)
                dots[tile][row] = add_dot(dots[tile][row], codes[tile], x, kind.highest_code > 127);
        }
    }
}

/// What the probe of the machine counts.
inlined i32x16 probed_dot(i32x16 sum, u8x64 codes, quad_codes x) { return add_dot(sum, codes, x, false); }

#endif
