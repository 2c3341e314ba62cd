#pragma STDC FP_CONTRACT OFF

#include "lanes/lanes_quantize_q4_k.h"
#include "lanes/lanes_quantize_q6_k.h"

// One text for all processors, which decide alike; compiled once more for AVX2, whose registers hold all eight lanes.

void quantize_q4_k(const float *values, uint8_t *block) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        quantize_q4_k_avx2(values, block);
        return;
    }
#endif
    fit_and_write_q4_k(values, block);
}

void quantize_q6_k(const float *values, uint8_t *block) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        quantize_q6_k_avx2(values, block);
        return;
    }
#endif
    fit_and_write_q6_k(values, block);
}
