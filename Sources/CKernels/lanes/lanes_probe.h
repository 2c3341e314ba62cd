#ifndef PONDER_LANES_PROBE_H
#define PONDER_LANES_PROBE_H

#include "lanes.h"

// What this machine can do at most with this instruction set: the yardsticks of `ponder bench`.

/// Reads whole vectors with as many independent sums as memory needs to be busy.
static uint64_t lanes_probe_read(const void *memory, size_t byte_count) {
    enum { streams = 4, stride = streams * 64 };
    const uint8_t *bytes = memory;
    u32x16 sums[streams] = {0};
    for (size_t offset = 0; offset + stride <= byte_count; offset += stride) {
        prefetch_bytes(bytes + offset + prefetch_distance, stride);
#pragma clang loop unroll(full)
        for (int i = 0; i < streams; i++) sums[i] ^= load_vector(u32x16, bytes + offset + i * 64);
    }
    const u32x16 all = (sums[0] ^ sums[1]) ^ (sums[2] ^ sums[3]);
    uint64_t result = 0;
    for (int lane = 0; lane < 16; lane++) result ^= all[lane];
    return result;
}

/// Dot products of registers alone with the codes in `*result`: as many sums as the multiplication kernels keep.
static size_t lanes_probe_integers(size_t rounds, int32_t *result) {
    enum { sums_count = product_rows_limit >= 6 ? 12 : 4 };
    u8x64 codes[2];
    i32x16 sums[sums_count];
    memset(codes, 3, sizeof codes[0]);
    memset(&codes[1], 5, sizeof codes[1]);
    for (int i = 0; i < sums_count; i++) sums[i] = (i32x16)i;
    // The same codes for all: new ones each time would measure how fast they are spread over lanes.
    const quad_codes x = (quad_codes)*result;
    for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < sums_count; i++) sums[i] = probed_dot(sums[i], codes[i % 2], x);
    }
    i32x16 all = sums[0];
    for (int i = 1; i < sums_count; i++) all ^= sums[i];
    *result = all[0];
    return rounds * sums_count * 64 * 2;
}

/// Fused multiplications of registers alone.
static size_t lanes_probe_floats(size_t rounds, float *result) {
    enum { sums_count = product_rows_limit >= 6 ? 12 : 4 };
    f32x16 sums[sums_count];
    for (int i = 0; i < sums_count; i++) sums[i] = splat((float)i);
    const f32x16 factor = splat(*result);
    for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < sums_count; i++) sums[i] = fused(sums[i], factor, factor);
    }
    f32x16 all = sums[0];
    for (int i = 1; i < sums_count; i++) all += sums[i];
    *result = folded(all);
    return rounds * sums_count * 16 * 2;
}

/// Products of BF16 pairs in registers alone.
static size_t lanes_probe_bfloats(size_t rounds, uint32_t *result) {
    enum { sums_count = product_rows_limit >= 6 ? 12 : 4 };
    f32x16 sums[sums_count];
    for (int i = 0; i < sums_count; i++) sums[i] = splat((float)i);
    const u32x16 weights = (u32x16){0} + 0x3f803f80u;
    const uint32_t x = *result;
    for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < sums_count; i++) sums[i] = add_bfloat_products(sums[i], weights, x);
    }
    f32x16 all = sums[0];
    for (int i = 1; i < sums_count; i++) all += sums[i];
    *result = bits_from_float(folded(all));
    return rounds * sums_count * 16 * 2 * 2;
}

#endif
