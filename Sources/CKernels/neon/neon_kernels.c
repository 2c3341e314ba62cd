#pragma STDC FP_CONTRACT OFF
#include "../kernel_tables.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#include "neon_lanes.h"

// sdot wants both sides signed. Codes up to 127 are that already; larger ones have an offset of 128, and flipping their
// highest bit takes it off. Panels hold them flipped.

inlined i32x16 first_dot(int32_t offset, int offset_shift, bool codes_exceed_127) {
    return codes_exceed_127 ? (i32x16)0 : (i32x16)(offset >> (7 - offset_shift));
}

inlined i32x16 add_dot(i32x16 sum, u8x64 codes, quad_codes x, bool codes_exceed_127) {
    if (codes_exceed_127) codes ^= (uint8_t)0x80;
    struct registers weights;
    memcpy(&weights, &codes, sizeof weights);
    int32x4_t sums[4];
    memcpy(sums, &sum, sizeof sums);
    for (int i = 0; i < 4; i++) sums[i] = vdotq_s32(sums[i], weights.parts[i], (int8x16_t)x);
    memcpy(&sum, sums, sizeof sum);
    return sum;
}

enum { panels_are_signed = true, panels_share_an_offset = false, small_codes_matter = false };

#include "../lanes/lanes_dots.h"
#include "../lanes/lanes_table.h"

const struct kernel_table neon_kernels = lanes_table(instruction_set_neon);

#pragma clang attribute pop
#endif
