#ifndef PONDER_LANES_QUANTIZE_Q6_K_H
#define PONDER_LANES_QUANTIZE_Q6_K_H

#include "../float_formats.h"
#include "../weight_quantizing.h"
#include "lanes_fitting.h"

// Q6_K: value = scale * (code - 32), codes 0 to 63, scale a multiple (-128 to 127) of the superblock's own. Fitted as Q4_K is.

enum { q6_refinement_count = 2 };
enum { q6_part_length = 16, q6_part_count = 16, q6_vectors = q6_part_length / lane_count };

struct q6_part {
    lanes x[q6_vectors];
};

/// The sums over a part of squared codes, and of codes times values.
struct q6_sums {
    float squares, products;
};

static lanes q6_codes(lanes x, float inverse) { return clamped(rounded(x * inverse), -32, 31); }

static struct q6_sums q6_sums_of(const struct q6_part *part, float inverse) {
    lanes squares = 0, products = 0;
    for (size_t i = 0; i < q6_vectors; i++) {
        const lanes codes = q6_codes(part->x[i], inverse);
        squares += codes * codes;
        products += codes * part->x[i];
    }
    return (struct q6_sums){sum_of(squares), sum_of(products)};
}

/// The scale of the step size that leaves the least error: that which takes the most of the squares away.
static float fit_q6_part(const struct q6_part *part) {
    float largest = 0;
    for (size_t i = 0; i < q6_part_length; i++) {
        const float value = part->x[i / lane_count][i % lane_count];
        if (magnitude_of(value) > magnitude_of(largest)) largest = value;
    }
    if (largest == 0) return 0;
    float best = 0, most = 0;
    for (int candidate = -9; candidate <= 9; candidate++) {
        const struct q6_sums sums = q6_sums_of(part, -(32 + 0.1f * (float)candidate) / largest);
        const float taken = sums.squares > 0 ? sums.products * sums.products / sums.squares : 0;
        if (!(taken > most)) continue;
        most = taken;
        best = sums.products / sums.squares;
    }
    return best;
}

static float q6_inverse(float scale, float factor) { return scale * factor != 0 ? 1 / (scale * factor) : 0; }

/// How much of a part's squares a scale leaves, but for what is there without any.
static float q6_error(const struct q6_part *part, float scale, float factor) {
    const struct q6_sums sums = q6_sums_of(part, q6_inverse(scale, factor));
    const float step = scale * factor;
    return step * (step * sums.squares - 2 * sums.products);
}

static void choose_q6_factors(const struct q6_part *parts, float scale, float *factors) {
    for (size_t part = 0; part < q6_part_count; part++) {
        const float middle = factors[part];
        float least = q6_error(&parts[part], scale, middle);
        for (float factor = middle - 1; factor <= middle + 1; factor += 2) {
            if (factor < -128 || factor > 127) continue;
            const float error = q6_error(&parts[part], scale, factor);
            if (!(error < least)) continue;
            least = error;
            factors[part] = factor;
        }
    }
}

static uint16_t refit_q6_superblock(const struct q6_part *parts, uint16_t scale_bits, const float *factors) {
    const float scale = float_from_half(scale_bits);
    float squares = 0, products = 0, error = 0, refitted_error = 0;
    for (size_t part = 0; part < q6_part_count; part++) {
        const struct q6_sums sums = q6_sums_of(&parts[part], q6_inverse(scale, factors[part]));
        squares += factors[part] * factors[part] * sums.squares;
        products += factors[part] * sums.products;
    }
    if (!(squares > 0)) return scale_bits;
    const uint16_t bits = half_from_float(products / squares);
    if ((bits & 0x7fff) >= 0x7c00) return scale_bits;
    for (size_t part = 0; part < q6_part_count; part++) {
        error += q6_error(&parts[part], scale, factors[part]);
        refitted_error += q6_error(&parts[part], float_from_half(bits), factors[part]);
    }
    return refitted_error < error ? bits : scale_bits;
}

/// The planes of a block: of each half of 128 columns, the low nibbles of the first 64 with those of the other 64 above them,
/// and pairs of high bits of 32 columns, four to a byte.
static void write_q6_codes(const uint8_t *codes, uint8_t *bytes) {
    for (size_t half = 0; half < 2; half++, codes += 128) {
        uint8_t *low = bytes + half * 64, *high = bytes + 128 + half * 32;
        for (size_t i = 0; i < 64; i++) low[i] = (uint8_t)((codes[i] & 15) | (codes[64 + i] & 15) << 4);
        for (size_t i = 0; i < 32; i++)
            high[i] = (uint8_t)(codes[i] >> 4 | codes[32 + i] >> 4 << 2 | codes[64 + i] >> 4 << 4 |
                                codes[96 + i] >> 4 << 6);
    }
}

static void fit_and_write_q6_k(const float *values, uint8_t *bytes) {
    struct q6_part parts[q6_part_count];
    float factors[q6_part_count], largest = 0;
    memcpy(parts, values, sizeof parts);
    for (size_t part = 0; part < q6_part_count; part++) {
        factors[part] = fit_q6_part(&parts[part]);
        if (magnitude_of(factors[part]) > magnitude_of(largest)) largest = factors[part];
    }
    // The largest becomes -128, the factor with the greatest magnitude.
    const float inverse = largest != 0 ? -128 / largest : 0;
    for (size_t part = 0; part < q6_part_count; part++)
        factors[part] = clamped_number(rounded_number(factors[part] * inverse), -128, 127);
    uint16_t scale_bits = half_from_float(largest / -128);
    for (int refinement = 0; refinement < q6_refinement_count; refinement++) {
        choose_q6_factors(parts, float_from_half(scale_bits), factors);
        scale_bits = refit_q6_superblock(parts, scale_bits, factors);
    }
    uint8_t codes[q6_part_count * q6_part_length];
    for (size_t part = 0; part < q6_part_count; part++) {
        const float part_inverse = q6_inverse(float_from_half(scale_bits), factors[part]);
        for (size_t i = 0; i < q6_vectors; i++) {
            const lane_integers integers =
                __builtin_convertvector(q6_codes(parts[part].x[i], part_inverse), lane_integers) + 32;
            for (size_t lane = 0; lane < lane_count; lane++)
                codes[part * q6_part_length + i * lane_count + lane] = (uint8_t)integers[lane];
        }
        bytes[192 + part] = (uint8_t)(int8_t)factors[part];
    }
    write_q6_codes(codes, bytes);
    write_16(scale_bits, bytes + 208);
}

#endif
