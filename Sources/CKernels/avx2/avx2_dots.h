#ifndef PONDER_AVX2_DOTS_H
#define PONDER_AVX2_DOTS_H

#include "../lanes/lanes_products.h"

// vpmaddubsw multiplies unsigned with signed bytes and adds two products in 16 bits, saturating. Codes up to 127 cannot
// reach that (2 * 127 * 127); larger ones are taken as signed numbers around 128, their magnitudes (up to 128) meeting x
// with their sign: then the offset is done. Of smaller codes, several quads' pairs are added in 16 bits before vpmaddwd
// widens them: of codes up to 15 all eight of a scale group, which takes half the instructions.

/// Codes of one quad: their magnitudes and, of codes beyond 127, themselves with their sign.
struct quad_weights {
    struct halves magnitudes, codes;
};

/// Has the compiler add to a sum where it is written: adding in trees, it runs out of registers.
#define added_here(sum) __asm__("" : "+x"(sum))

/// How many quads' pairs of products add up in 16 bits.
inlined int quads_in_16_bits(int highest_code) { return highest_code > 127 ? 1 : 32767 / (2 * 127 * highest_code); }

inlined struct quad_weights signed_weights(u8x64 codes, bool is_signed) {
    struct quad_weights weights;
    memcpy(&weights.codes, &codes, sizeof codes);
    if (is_signed)
        for (int i = 0; i < 2; i++)
            weights.codes.parts[i] = _mm256_xor_si256(weights.codes.parts[i], _mm256_set1_epi8((char)0x80));
    weights.magnitudes = weights.codes;
    if (is_signed)
        for (int i = 0; i < 2; i++) weights.magnitudes.parts[i] = _mm256_abs_epi8(weights.codes.parts[i]);
    return weights;
}

/// Each lane's four products, as two sums of two.
inlined __m256i pair_products(bool is_signed, const struct quad_weights *weights, int i, __m256i x) {
    return _mm256_maddubs_epi16(weights->magnitudes.parts[i],
                                is_signed ? _mm256_sign_epi8(x, weights->codes.parts[i]) : x);
}

/// Of one tile: the sums of more would not fit the registers.
inlined void scale_group_dots(enum weight_format format, struct product_kind kind, int tiles, int rows,
                              const struct product_group *groups, int half, int part,
                              const struct activation_block *const *blocks, size_t block, i32x16 (*dots)[8]) {
    (void)tiles;
    const bool is_signed = kind.highest_code > 127;
    const int quads = kind.scales_per_16 ? 4 : 8, together = quads_in_16_bits(kind.highest_code);
    // Where just two quads go together, both are loaded at once, so that no sums of 16 bits are kept beside the wide ones.
    const int step = together == 2 ? 2 : 1;
    const struct activation_block *x_blocks[8];
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) x_blocks[row] = &blocks[row][block];
    struct halves narrow[8], wide[8];
#pragma clang loop unroll(full)
    for (int quad = 0; quad < quads; quad += step) {
        const int first = part * quads + quad;
        const bool begins = quad % together == 0, ends = (quad + step) % together == 0 || quad + step == quads;
        struct quad_weights weights[2];
        for (int i = 0; i < step; i++)
            weights[i] = signed_weights(group_codes(format, groups[0].codes, half, first + i), is_signed);
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++) {
            const __m256i x = _mm256_set1_epi32(read_quad(x_blocks[row], first));
            const __m256i second_x = step == 2 ? _mm256_set1_epi32(read_quad(x_blocks[row], first + 1)) : x;
#pragma clang loop unroll(full)
            for (int i = 0; i < 2; i++) {
                __m256i sum = pair_products(is_signed, &weights[0], i, x);
                if (step == 2) sum = _mm256_add_epi16(sum, pair_products(is_signed, &weights[1], i, second_x));
                if (!begins) sum = _mm256_add_epi16(narrow[row].parts[i], sum);
                if (ends) {
                    sum = _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
                    if (quad >= together) sum = _mm256_add_epi32(wide[row].parts[i], sum);
                }
                added_here(sum);
                (ends ? wide : narrow)[row].parts[i] = sum;
            }
        }
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
        memcpy(&dots[0][row], &wide[row], sizeof wide[row]);
        if (is_signed || kind.has_minimums) continue;
        // The block's offset is for codes with an offset of 128.
        dots[0][row] += (i32x16)offset_of(x_blocks[row], kind.scales_per_16, part) >> (7 - kind.offset_shift);
    }
}

/// What the probe of the machine counts: products of the smallest codes, which stay in 16 bits.
inlined i32x16 probed_dot(i32x16 sum, u8x64 codes, quad_codes x) {
    struct halves weights, sums;
    memcpy(&weights, &codes, sizeof weights);
    memcpy(&sums, &sum, sizeof sums);
    for (int i = 0; i < 2; i++) {
        // The probe's codes never change, but are to be multiplied each time.
        __asm__ volatile("" : "+x"(weights.parts[i]));
        sums.parts[i] = _mm256_add_epi16(sums.parts[i], _mm256_maddubs_epi16(weights.parts[i], _mm256_set1_epi32(x)));
    }
    memcpy(&sum, &sums, sizeof sum);
    return sum;
}

#endif
