#ifndef PONDER_WEIGHT_QUANTIZING_H
#define PONDER_WEIGHT_QUANTIZING_H

#include <stdint.h>

static inline void write_16(uint16_t bits, uint8_t *bytes) {
    bytes[0] = (uint8_t)bits;
    bytes[1] = (uint8_t)(bits >> 8);
}

/// 256 floats to a block of ggml's layout.
void quantize_q4_k(const float *values, uint8_t *block);
void quantize_q6_k(const float *values, uint8_t *block);

/// The same, on processors with AVX2.
void quantize_q4_k_avx2(const float *values, uint8_t *block);
void quantize_q6_k_avx2(const float *values, uint8_t *block);

#endif
