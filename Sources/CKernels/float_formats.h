#ifndef PONDER_FLOAT_FORMATS_H
#define PONDER_FLOAT_FORMATS_H

#include <stdint.h>
#include <string.h>

static inline float float_from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t bits_from_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float float_from_bfloat(uint16_t bits) { return float_from_bits((uint32_t)bits << 16); }

/// The largest finite binary16 number.
#define largest_half 65504.0f

/// IEEE 754 binary16 to binary32; exact.
static inline float float_from_half(uint16_t bits) {
    const uint32_t sign = (uint32_t)(bits & 0x8000) << 16;
    const uint32_t exponent = bits >> 10 & 0x1f;
    const uint32_t mantissa = bits & 0x3ff;
    if (exponent == 0x1f) return float_from_bits(sign | 0x7f800000 | mantissa << 13 | (mantissa ? 0x400000 : 0));
    if (exponent) return float_from_bits(sign | (exponent + 112) << 23 | mantissa << 13);
    const float magnitude = (float)mantissa * 0x1p-24f;
    return float_from_bits(sign | bits_from_float(magnitude));
}

/// binary32 to bfloat16, to nearest even; a NaN stays one.
static inline uint16_t bfloat_from_float(float value) {
    const uint32_t bits = bits_from_float(value);
    if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// The bits of 2^-50. What is smaller counts as zero where activations are rounded: products of larger numbers, and whatever
/// their sums leave, are multiples of 2^-114, far from subnormal.
enum { smallest_rounded_bfloat = (127 - 50) << 7 };

/// An activation that meets weights of weight_format_bf16_rounding.
static inline uint16_t rounded_bfloat(float value) {
    const uint16_t rounded = bfloat_from_float(value);
    return (rounded & 0x7fff) < smallest_rounded_bfloat ? 0 : rounded;
}

/// binary32 to binary16, to nearest even; a NaN stays one.
static inline uint16_t half_from_float(float value) {
    const uint32_t bits = bits_from_float(value);
    const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    const uint32_t magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
    if (magnitude >= 0x477ff000) return sign | 0x7c00;
    if (magnitude < 0x38800000) {
        // Adding 0.5 leaves the value, in units of 2^-24, in the low bits, rounded to nearest even.
        const float shifted = float_from_bits(magnitude) + 0.5f;
        return (uint16_t)(sign | (bits_from_float(shifted) - bits_from_float(0.5f)));
    }
    const uint32_t rebased = magnitude - (112u << 23);
    return (uint16_t)(sign | (rebased + 0xfff + (rebased >> 13 & 1)) >> 13);
}

#endif
