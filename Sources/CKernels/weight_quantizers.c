#pragma STDC FP_CONTRACT OFF

#include "CKernels.h"
#include "float_formats.h"
#include "weight_quantizing.h"

bool weight_format_can_be_made(enum weight_format format) {
    switch (format) {
    case weight_format_f32:
    case weight_format_f16:
    case weight_format_bf16:
    case weight_format_bf16_rounding:
    case weight_format_q8_0:
    case weight_format_q4_k:
    case weight_format_q6_k: return true;
    default: return false;
    }
}

static void write_halves(const float *values, size_t count, uint8_t *row) {
    for (size_t i = 0; i < count; i++) write_16(half_from_float(values[i]), row + i * 2);
}

static void write_bfloats(const float *values, size_t count, uint8_t *row) {
    for (size_t i = 0; i < count; i++) write_16(bfloat_from_float(values[i]), row + i * 2);
}

static float largest_magnitude(const float *values, size_t count) {
    float largest = 0;
    for (size_t i = 0; i < count; i++) {
        const float magnitude = values[i] < 0 ? -values[i] : values[i];
        if (magnitude > largest) largest = magnitude;
    }
    return largest;
}

/// The nearest integer, a tie away from zero, for numbers that fit. Half of the last bit below one half is added: 0.5 itself
/// would lift the largest float below 0.5 to 1.
static int32_t round_away(float value) {
    const float below_half = 0x1.fffffep-2f;
    return (int32_t)(value + (value < 0 ? -below_half : below_half));
}

static void quantize_q8_0(const float *values, uint8_t *block) {
    const float scale = largest_magnitude(values, 32) / 127;
    const float inverse = scale > 0 ? 1 / scale : 0;
    write_16(half_from_float(scale), block);
    for (size_t i = 0; i < 32; i++) {
        const float scaled = values[i] * inverse;
        // Also false of what is no number.
        const bool fits = scaled >= -128 && scaled <= 127.4f;
        block[2 + i] = (uint8_t)(fits ? round_away(scaled) : 0);
    }
}

void quantize_weight_row(enum weight_format format, size_t columns, const float *values, uint8_t *row) {
    switch (format) {
    case weight_format_f32: memcpy(row, values, columns * sizeof *values); return;
    case weight_format_f16: write_halves(values, columns, row); return;
    case weight_format_bf16:
    case weight_format_bf16_rounding: write_bfloats(values, columns, row); return;
    case weight_format_q8_0:
        for (size_t block = 0; block < columns / 32; block++) quantize_q8_0(values + block * 32, row + block * 34);
        return;
    case weight_format_q4_k:
        for (size_t block = 0; block < columns / 256; block++) quantize_q4_k(values + block * 256, row + block * 144);
        return;
    case weight_format_q6_k:
        for (size_t block = 0; block < columns / 256; block++) quantize_q6_k(values + block * 256, row + block * 210);
        return;
    default: return;
    }
}
