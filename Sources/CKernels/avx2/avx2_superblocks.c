#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__)

#include <string.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#include "../lanes/lanes_quantize_q4_k.h"
#include "../lanes/lanes_quantize_q6_k.h"

void quantize_q4_k_avx2(const float *values, uint8_t *block) { fit_and_write_q4_k(values, block); }

void quantize_q6_k_avx2(const float *values, uint8_t *block) { fit_and_write_q6_k(values, block); }
#pragma clang attribute pop

#endif
