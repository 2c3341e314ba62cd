#ifndef PONDER_LANES_QUANTIZE_Q4_K_H
#define PONDER_LANES_QUANTIZE_Q4_K_H

#include "../float_formats.h"
#include "../weight_quantizing.h"
#include "lanes_fitting.h"

// Q4_K: value = scale * code - minimum, codes 0 to 15, scale and minimum multiples (0 to 63) of the superblock's own.
//
// A part of a superblock is fitted first: of some twenty step sizes, each with the codes that it leads to, the one whose best
// scale (and minimum) leave the least error. The parts' scales are then rounded to multiples of one scale; where a neighbour
// of a multiple serves its part better it takes its place, and the one scale is fitted once more to all of them.

enum { q4_refinement_count = 2 };
enum { q4_part_length = 32, q4_part_count = 8, q4_vectors = q4_part_length / lane_count };

/// 32 values, and how much their errors count: larger ones more, as what they are multiplied with tells more in a sum.
struct q4_part {
    lanes x[q4_vectors], weight[q4_vectors];
    float weight_sum, sum, square_sum; // of weights, weighted values, weighted squares
};

struct q4_fit {
    float scale, minimum, error;
};

/// The weighted sums of some codes: what a least-squares fit of a line needs.
struct q4_sums {
    float codes, code_squares, products;
};

static struct q4_part load_q4_part(const float *values) {
    struct q4_part part;
    memcpy(part.x, values, sizeof part.x);
    lanes squares = 0;
    for (size_t i = 0; i < q4_vectors; i++) squares += part.x[i] * part.x[i];
    const float base = __builtin_sqrtf(sum_of(squares) / q4_part_length);
    lanes weights = 0, sums = 0, square_sums = 0;
    for (size_t i = 0; i < q4_vectors; i++) {
        part.weight[i] = base + __builtin_elementwise_abs(part.x[i]);
        weights += part.weight[i];
        sums += part.weight[i] * part.x[i];
        square_sums += part.weight[i] * part.x[i] * part.x[i];
    }
    part.weight_sum = sum_of(weights);
    part.sum = sum_of(sums);
    part.square_sum = sum_of(square_sums);
    return part;
}

/// The codes of a part's vector where code = (value + minimum) * inverse.
static lanes q4_codes(lanes x, float minimum, float inverse) { return clamped(rounded((x + minimum) * inverse), 0, 15); }

static struct q4_sums q4_sums_of(const struct q4_part *part, float minimum, float inverse) {
    lanes codes = 0, squares = 0, products = 0;
    for (size_t i = 0; i < q4_vectors; i++) {
        const lanes code = q4_codes(part->x[i], minimum, inverse), weighted = part->weight[i] * code;
        codes += weighted;
        squares += weighted * code;
        products += weighted * part->x[i];
    }
    return (struct q4_sums){sum_of(codes), sum_of(squares), sum_of(products)};
}

static float q4_error(const struct q4_part *part, struct q4_sums sums, float scale, float minimum) {
    return part->square_sum + scale * (scale * sums.code_squares - 2 * sums.products) +
           minimum * (minimum * part->weight_sum + 2 * part->sum - 2 * scale * sums.codes);
}

/// The line that fits some codes best. A minimum below zero cannot be stored.
static struct q4_fit q4_best_line(const struct q4_part *part, struct q4_sums sums) {
    const float determinant = part->weight_sum * sums.code_squares - sums.codes * sums.codes;
    if (!(determinant > 0)) return (struct q4_fit){0, 0, __builtin_inff()};
    float scale = (part->weight_sum * sums.products - part->sum * sums.codes) / determinant;
    float minimum = (sums.codes * sums.products - sums.code_squares * part->sum) / determinant;
    if (minimum < 0) {
        minimum = 0;
        scale = sums.products / sums.code_squares;
    }
    return (struct q4_fit){scale, minimum, q4_error(part, sums, scale, minimum)};
}

static struct q4_fit fit_q4_part(const struct q4_part *part) {
    lanes lowest = 0, highest = part->x[0];
    for (size_t i = 0; i < q4_vectors; i++) {
        lowest = __builtin_elementwise_min(lowest, part->x[i]);
        highest = __builtin_elementwise_max(highest, part->x[i]);
    }
    float low = 0, high = highest[0];
    for (size_t lane = 0; lane < lane_count; lane++) {
        if (lowest[lane] < low) low = lowest[lane];
        if (highest[lane] > high) high = highest[lane];
    }
    struct q4_fit best = {0, -low, __builtin_inff()};
    if (!(high > low)) return best;
    for (int candidate = 0; candidate <= 20; candidate++) {
        const float inverse = (14 + 0.1f * (float)candidate) / (high - low);
        const struct q4_fit fit = q4_best_line(part, q4_sums_of(part, -low, inverse));
        if (fit.error < best.error && fit.scale > 0) best = fit;
    }
    return best;
}

/// A superblock as it is stored, but for the codes.
struct q4_superblock {
    uint16_t scale_bits, minimum_bits;
    float scale_factors[q4_part_count], minimum_factors[q4_part_count];
};

static float q4_inverse(const struct q4_superblock *block, size_t part) {
    const float scale = float_from_half(block->scale_bits) * block->scale_factors[part];
    return scale > 0 ? 1 / scale : 0;
}

static float q4_minimum(const struct q4_superblock *block, size_t part) {
    return float_from_half(block->minimum_bits) * block->minimum_factors[part];
}

static struct q4_sums q4_stored_sums(const struct q4_part *part, const struct q4_superblock *block, size_t index) {
    return q4_sums_of(part, q4_minimum(block, index), q4_inverse(block, index));
}

/// The error of a superblock's part with the codes that it leads to.
static float q4_stored_error(const struct q4_part *part, const struct q4_superblock *block, size_t index) {
    const float scale = float_from_half(block->scale_bits) * block->scale_factors[index];
    return q4_error(part, q4_stored_sums(part, block, index), scale, q4_minimum(block, index));
}

static float q4_total_error(const struct q4_part *parts, const struct q4_superblock *block) {
    float error = 0;
    for (size_t part = 0; part < q4_part_count; part++) error += q4_stored_error(&parts[part], block, part);
    return error;
}

/// Where a neighbour of a part's two rounded factors serves it better, it takes their place.
static void choose_q4_factors(const struct q4_part *parts, struct q4_superblock *block) {
    for (size_t part = 0; part < q4_part_count; part++) {
        struct q4_superblock trial = *block;
        const float middle_scale = block->scale_factors[part], middle_minimum = block->minimum_factors[part];
        float least = q4_stored_error(&parts[part], block, part);
        for (int step = 0; step < 9; step++) {
            const float scale = middle_scale + (float)(step / 3 - 1), minimum = middle_minimum + (float)(step % 3 - 1);
            if (step == 4 || scale < 0 || scale > 63 || minimum < 0 || minimum > 63) continue;
            trial.scale_factors[part] = scale;
            trial.minimum_factors[part] = minimum;
            const float error = q4_stored_error(&parts[part], &trial, part);
            if (!(error < least)) continue;
            least = error;
            block->scale_factors[part] = scale;
            block->minimum_factors[part] = minimum;
        }
    }
}

/// The scale and the minimum that fit the factors and the codes best, if they are better than those that led there.
static void refit_q4_superblock(const struct q4_part *parts, struct q4_superblock *block) {
    float aa = 0, ab = 0, bb = 0, ax = 0, bx = 0;
    for (size_t part = 0; part < q4_part_count; part++) {
        const struct q4_sums sums = q4_stored_sums(&parts[part], block, part);
        const float scale = block->scale_factors[part], minimum = block->minimum_factors[part];
        aa += scale * scale * sums.code_squares;
        ab += scale * minimum * sums.codes;
        bb += minimum * minimum * parts[part].weight_sum;
        ax += scale * sums.products;
        bx += minimum * parts[part].sum;
    }
    struct q4_superblock trial = *block;
    const float determinant = aa * bb - ab * ab;
    if (determinant > 0) {
        trial.scale_bits = half_from_float((ax * bb - bx * ab) / determinant);
        trial.minimum_bits = half_from_float((ax * ab - bx * aa) / determinant);
    } else if (aa > 0) {
        trial.scale_bits = half_from_float(ax / aa);
    }
    const bool is_usable = trial.scale_bits < 0x7c00 && trial.minimum_bits < 0x7c00;
    if (is_usable && q4_total_error(parts, &trial) < q4_total_error(parts, block)) *block = trial;
}

static struct q4_superblock fit_q4_superblock(const struct q4_part *parts) {
    struct q4_superblock block = {0};
    float scale = 0, minimum = 0;
    for (size_t part = 0; part < q4_part_count; part++) {
        const struct q4_fit fit = fit_q4_part(&parts[part]);
        block.scale_factors[part] = fit.scale;
        block.minimum_factors[part] = fit.minimum;
        if (fit.scale > scale) scale = fit.scale;
        if (fit.minimum > minimum) minimum = fit.minimum;
    }
    const float of_scale = scale > 0 ? 63 / scale : 0, of_minimum = minimum > 0 ? 63 / minimum : 0;
    for (size_t part = 0; part < q4_part_count; part++) {
        block.scale_factors[part] = clamped_number(rounded_number(block.scale_factors[part] * of_scale), 0, 63);
        block.minimum_factors[part] = clamped_number(rounded_number(block.minimum_factors[part] * of_minimum), 0, 63);
    }
    block.scale_bits = half_from_float(scale / 63);
    block.minimum_bits = half_from_float(minimum / 63);
    for (int refinement = 0; refinement < q4_refinement_count; refinement++) {
        choose_q4_factors(parts, &block);
        refit_q4_superblock(parts, &block);
    }
    return block;
}

/// Eight scales and eight minimums of six bits: the low six bits of the first four of each in a byte of its own, whose upper two
/// are the high bits of the other four, and these's low nibbles in the last four bytes.
static void write_six_bit_factors(const float *scales, const float *minimums, uint8_t *bytes) {
    for (size_t i = 0; i < 4; i++) {
        const unsigned scale = (unsigned)scales[i], minimum = (unsigned)minimums[i];
        const unsigned other_scale = (unsigned)scales[4 + i], other_minimum = (unsigned)minimums[4 + i];
        bytes[i] = (uint8_t)(scale | other_scale >> 4 << 6);
        bytes[4 + i] = (uint8_t)(minimum | other_minimum >> 4 << 6);
        bytes[8 + i] = (uint8_t)((other_scale & 15) | (other_minimum & 15) << 4);
    }
}

static void fit_and_write_q4_k(const float *values, uint8_t *bytes) {
    struct q4_part parts[q4_part_count];
    for (size_t part = 0; part < q4_part_count; part++) parts[part] = load_q4_part(values + part * q4_part_length);
    const struct q4_superblock block = fit_q4_superblock(parts);
    write_16(block.scale_bits, bytes);
    write_16(block.minimum_bits, bytes + 2);
    write_six_bit_factors(block.scale_factors, block.minimum_factors, bytes + 4);
    for (size_t part = 0; part < q4_part_count; part++) {
        const float inverse = q4_inverse(&block, part), minimum = q4_minimum(&block, part);
        uint8_t *nibbles = bytes + 16 + part / 2 * q4_part_length;
        for (size_t i = 0; i < q4_vectors; i++) {
            const lane_integers codes =
                __builtin_convertvector(q4_codes(parts[part].x[i], minimum, inverse), lane_integers);
            for (size_t lane = 0; lane < lane_count; lane++) {
                uint8_t *byte = nibbles + i * lane_count + lane;
                *byte = (uint8_t)(part % 2 ? *byte | codes[lane] << 4 : codes[lane]);
            }
        }
    }
}

#endif
