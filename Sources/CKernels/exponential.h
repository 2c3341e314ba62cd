#ifndef PONDER_EXPONENTIAL_H
#define PONDER_EXPONENTIAL_H

#include "float_formats.h"

#include <math.h>

// exp(x) = 2^n * exp(r), n the nearest integer to x / ln 2, exp(r) by its Taylor series to the 7th power (|r| < 0.35:
// an error below 6e-9). Below -87 the result is 0, above 88 that of 88; NaN stays. Every instruction set does exactly
// this.

#define exponential_lowest -87.0f
#define exponential_highest 88.0f
#define inverse_of_ln_2 0x1.715476p+0f
#define ln_2_high 0x1.62e400p-1f
#define ln_2_low 0x1.7f7d1cp-20f
// Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
#define rounding_shift 0x1.8p+23f

static const float inverse_factorials[8] = {1.0f,      1.0f,       1.0f / 2,   1.0f / 6,
                                            1.0f / 24, 1.0f / 120, 1.0f / 720, 1.0f / 5040};

static inline float exponential(float x) {
    const float bounded = exponential_highest < x ? exponential_highest : x;
    const float shifted = fmaf(bounded, inverse_of_ln_2, rounding_shift);
    const float n = shifted - rounding_shift;
    const float r = fmaf(n, -ln_2_low, fmaf(n, -ln_2_high, bounded));
    float series = inverse_factorials[7];
    for (int i = 6; i >= 0; i--) series = fmaf(series, r, inverse_factorials[i]);
    const uint32_t exponent = bits_from_float(shifted) - bits_from_float(rounding_shift) + 127u;
    const float power = float_from_bits(exponent << 23);
    return x < exponential_lowest ? 0.0f : series * power;
}

#endif
