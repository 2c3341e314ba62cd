#pragma STDC FP_CONTRACT OFF
#include "../float_formats.h"
#include "reference_kernels.h"

#include <math.h>
#include <string.h>

uint64_t reference_probe_read(const void *memory, size_t byte_count) {
    uint64_t result = 0;
    for (size_t offset = 0; offset < byte_count; offset += 8) {
        uint64_t word;
        memcpy(&word, (const uint8_t *)memory + offset, sizeof word);
        result ^= word;
    }
    return result;
}

size_t reference_probe_integers(size_t rounds, int32_t *result) {
    uint32_t sums[4] = {0, 1, 2, 3};
    for (size_t round = 0; round < rounds; round++)
        for (uint32_t i = 0; i < 4; i++) sums[i] += (sums[i] & 0xff) * (uint32_t)(round & 0x7f);
    *result = (int32_t)(sums[0] ^ sums[1] ^ sums[2] ^ sums[3]);
    return rounds * 4 * 2;
}

size_t reference_probe_floats(size_t rounds, float *result) {
    const float factor = *result;
    float sums[4] = {0, 1, 2, 3};
    for (size_t round = 0; round < rounds; round++)
        for (int i = 0; i < 4; i++) sums[i] = fmaf(sums[i], factor, factor);
    *result = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    return rounds * 4 * 2;
}

size_t reference_probe_bfloats(size_t rounds, uint32_t *result) {
    const float odd = float_from_bfloat((uint16_t)(*result >> 16)), even = float_from_bfloat((uint16_t)*result);
    float sums[4] = {0, 1, 2, 3};
    for (size_t round = 0; round < rounds; round++)
        for (int i = 0; i < 4; i++) sums[i] = fmaf(1, even, fmaf(1, odd, sums[i]));
    *result = bits_from_float((sums[0] + sums[1]) + (sums[2] + sums[3]));
    return rounds * 4 * 2 * 2;
}
