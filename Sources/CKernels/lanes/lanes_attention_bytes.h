#ifndef PONDER_LANES_ATTENTION_BYTES_H
#define PONDER_LANES_ATTENTION_BYTES_H

#include "lanes_attention_tiles.h"
#include "lanes_quantize.h"

// The same small products with a cache of bytes, kv_format_q8_0: scores are integer products group by group, as those of
// quantised weights; values become floats as they are loaded, and their scales are part of the shares.

inlined const struct kv_group *groups_of(const uint8_t *keys_or_values) {
    return (const struct kv_group *)(const void *)keys_or_values;
}

/// 16 of a group's scales.
inlined f32x16 group_scales(const struct kv_group *group, int half) { return load_halves(group->scales + half * 16); }

/// As score_rows.
inlined void score_byte_rows(int rows, int blocks, const struct attention_keys *keys, int first, bool fetches,
                             size_t groups, struct attention_scratch *s, size_t first_query) {
    f32x16 sums[8][8];
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
        for (int i = 0; i < blocks * 2; i++) sums[row][i] = splat(0);
    for (size_t g = 0; g < groups; g++) {
        i32x16 dots[8][8];
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++) {
            const int32_t offset = s->query_blocks[first_query + (size_t)row][g].offset;
#pragma clang loop unroll(full)
            for (int i = 0; i < blocks * 2; i++) dots[row][i] = first_dot(offset, 7, true);
        }
#pragma clang loop unroll(full)
        for (int quad = 0; quad < 8; quad++) {
            u8x64 codes[8];
#pragma clang loop unroll(full)
            for (int i = 0; i < blocks * 2; i++)
                codes[i] = load_vector(
                    u8x64, groups_of(keys->blocks[first + i / 2])[g].codes + quad * kv_block_tokens * 4 + i % 2 * 64);
            if (fetches)
#pragma clang loop unroll(full)
                for (int i = 0; i < blocks; i++)
                    prefetch_lines(groups_of(keys->next[first + i])[g].codes + quad * 128, 2);
#pragma clang loop unroll(full)
            for (int row = 0; row < rows; row++) {
                const quad_codes x = read_quad(&s->query_blocks[first_query + (size_t)row][g], quad);
#pragma clang loop unroll(full)
                for (int i = 0; i < blocks * 2; i++) dots[row][i] = add_dot(dots[row][i], codes[i], x, true);
            }
        }
        f32x16 scales[8];
#pragma clang loop unroll(full)
        for (int i = 0; i < blocks * 2; i++)
            scales[i] = group_scales(groups_of(keys->blocks[first + i / 2]) + g, i % 2);
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++) {
            const f32x16 scale = splat(s->query_blocks[first_query + (size_t)row][g].scale);
#pragma clang loop unroll(full)
            for (int i = 0; i < blocks * 2; i++)
                sums[row][i] = fused(as_floats(dots[row][i]), scales[i] * scale, sums[row][i]);
        }
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
        for (int i = 0; i < blocks * 2; i++)
            store_floats(s->scores[first + i / 2][first_query + (size_t)row] + i % 2 * 16, sums[row][i]);
}

/// As add_value_rows; `vectors` is even.
inlined void add_byte_value_rows(int rows, int vectors, const uint8_t *values, size_t valid, const uint8_t *next,
                                 struct attention_scratch *s, int block, size_t first_query, size_t first) {
    const struct kv_group *groups = groups_of(values) + first / kv_group_dimensions;
    float weights[8][4][kv_block_tokens];
#pragma clang loop unroll(full)
    for (int i = 0; i < vectors; i++) {
        const f32x16 scales = group_scales(groups + i / 2, i % 2);
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++)
            store_floats(weights[row][i / 2] + i % 2 * 16,
                         load_floats(s->scores[block][first_query + (size_t)row] + i % 2 * 16) * scales);
    }
    f32x16 sums[8][8];
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
        const f32x16 correction = splat(s->corrections[first_query + (size_t)row]);
#pragma clang loop unroll(full)
        for (int i = 0; i < vectors; i++)
            sums[row][i] = load_floats(s->outputs[first_query + (size_t)row] + first + i * 16) * correction;
    }
    for (size_t p = 0; p < valid; p++) {
        f32x16 codes[8];
#pragma clang loop unroll(full)
        for (int i = 0; i < vectors; i++)
            codes[i] = __builtin_convertvector(
                load_vector(i8x16, groups[i / 2].codes + p * kv_group_dimensions + i % 2 * 16), f32x16);
        if (next) prefetch_lines(next + p * 192, 3);
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
            for (int i = 0; i < vectors; i++)
                sums[row][i] = fused(splat(weights[row][i / 2][p]), codes[i], sums[row][i]);
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
        for (int i = 0; i < vectors; i++)
            store_floats(s->outputs[first_query + (size_t)row] + first + i * 16, sums[row][i]);
}

/// The queries as scores meet them.
static void quantize_queries(struct attention_scratch *s, size_t queries, size_t dimension, size_t padded_dimension) {
    for (size_t q = 0; q < queries; q++) {
        memset(s->queries[q] + dimension, 0, (padded_dimension - dimension) * sizeof(float));
        lanes_quantize_row(s->queries[q], padded_dimension, 32, s->query_blocks[q]);
    }
}

#endif
