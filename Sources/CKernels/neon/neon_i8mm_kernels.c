#pragma STDC FP_CONTRACT OFF
#include "../kernel_tables.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)

#include "neon_lanes.h"

/// The sums' start: minus the codes' offset times the sum of x; `offset` is that for codes with an offset of 128.
inlined i32x16 first_dot(int32_t offset, int offset_shift, bool codes_exceed_127) {
    (void)codes_exceed_127;
    return (i32x16)(offset >> (7 - offset_shift));
}

/// Adds each lane's four products of unsigned codes with the four signed ones of `x`.
inlined i32x16 add_dot(i32x16 sum, u8x64 codes, quad_codes x, bool codes_exceed_127) {
    (void)codes_exceed_127;
    struct registers weights;
    memcpy(&weights, &codes, sizeof weights);
    int32x4_t sums[4];
    memcpy(sums, &sum, sizeof sums);
    for (int i = 0; i < 4; i++)
        sums[i] = vusdotq_s32(sums[i], vreinterpretq_u8_s8(weights.parts[i]), (int8x16_t)x);
    memcpy(&sum, sums, sizeof sum);
    return sum;
}

enum { panels_are_signed = false, panels_share_an_offset = true, small_codes_matter = false };

#include "../lanes/lanes_dots.h"
#include "../lanes/lanes_table.h"

const struct kernel_table neon_i8mm_kernels = lanes_table(instruction_set_neon_i8mm);

#pragma clang attribute pop
#endif
