#ifndef PONDER_LANES_ATTENTION_TILES_H
#define PONDER_LANES_ATTENTION_TILES_H

#include "lanes.h"

// Scores and results of a few queries and a few blocks: small products whose lanes are positions or dimensions, and
// whose sums stay in registers.

/// Blocks whose scores are computed side by side, so that a few queries have enough independent sums to keep the
/// arithmetic busy; they are weighed one after another all the same.
enum { attention_stride = 4 };

/// Up to so many queries of one row take several blocks at once.
enum { few_queries = 8 };

struct attention_scratch {
    float queries[attention_query_limit][attention_dimension_limit];
    float outputs[attention_query_limit][attention_dimension_limit]; // of the span
    float totals[attention_query_limit][attention_dimension_limit];  // of the spans before it
    float scores[attention_stride][attention_query_limit][kv_block_tokens]; // then shares
    struct activation_block query_blocks[attention_query_limit][attention_dimension_limit / 32]; // with q8_0
    float sum_lanes[attention_query_limit][16];
    size_t seen[attention_query_limit]; // positions of the block
    // Sixteen more than there are, for the last whole vector.
    float maxima[attention_query_limit + 16];
    float new_maxima[attention_query_limit + 16];
    float corrections[attention_query_limit + 16];
    float total_maxima[attention_query_limit];
    float total_sums[attention_query_limit];
};

_Static_assert(sizeof(struct attention_scratch) <= kernel_scratch_bytes, "attention fits a worker's scratch");

/// 16 elements of a row, as floats.
inlined f32x16 load_elements(enum kv_format format, const uint8_t *row, size_t first) {
    if (format == kv_format_f32) return load_floats((const float *)row + first);
    return format == kv_format_f16 ? load_halves(row + first * 2) : load_bfloats(row + first * 2);
}

inlined void prefetch_lines(const uint8_t *bytes, int lines) {
#pragma clang loop unroll(full)
    for (int i = 0; i < lines; i++) prefetch_line(bytes + i * 64);
}

inlined size_t element_size(enum kv_format format) { return format == kv_format_f32 ? 4 : 2; }

/// Keys of a few blocks, and what is wanted after them: 64 bytes of each are fetched with every dimension, so that memory
/// and arithmetic are busy at the same time.
struct attention_keys {
    const uint8_t *blocks[attention_stride];
    const uint8_t *next[attention_stride];
};

/// scores[block][row][0..<32] = sum over the dimensions of queries[row] * keys, for `blocks` blocks from `first` on.
inlined void score_rows(enum kv_format format, int rows, int blocks, const struct attention_keys *keys, int first,
                        bool fetches, size_t dimension, struct attention_scratch *s, size_t first_query) {
    f32x16 sums[8][8];
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
        for (int i = 0; i < blocks * 2; i++) sums[row][i] = splat(0);
    for (size_t d = 0; d < dimension; d++) {
        f32x16 vectors[8];
#pragma clang loop unroll(full)
        for (int i = 0; i < blocks * 2; i++)
            vectors[i] = load_elements(
                format, keys->blocks[first + i / 2] + d * kv_block_tokens * element_size(format), (size_t)(i % 2) * 16);
        if (fetches)
#pragma clang loop unroll(full)
            for (int i = 0; i < blocks; i++) prefetch_line(keys->next[first + i] + d * 64);
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++) {
            const f32x16 x = splat(s->queries[first_query + (size_t)row][d]);
#pragma clang loop unroll(full)
            for (int i = 0; i < blocks * 2; i++) sums[row][i] = fused(x, vectors[i], sums[row][i]);
        }
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
        for (int i = 0; i < blocks * 2; i++)
            store_floats(s->scores[first + i / 2][first_query + (size_t)row] + i % 2 * 16, sums[row][i]);
}

/// outputs[row][first..<first + 16 * vectors] = those * corrections[row] + sum over `valid` positions of shares * values.
/// `next`, unless null, is fetched meanwhile: as many bytes as these dimensions' keys of two bytes have.
inlined void add_value_rows(enum kv_format format, int rows, int vectors, const uint8_t *values, size_t row_elements,
                            size_t valid, const uint8_t *next, struct attention_scratch *s, int block,
                            size_t first_query, size_t first) {
    f32x16 sums[8][8];
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
        const f32x16 correction = splat(s->corrections[first_query + (size_t)row]);
#pragma clang loop unroll(full)
        for (int i = 0; i < vectors; i++)
            sums[row][i] = load_floats(s->outputs[first_query + (size_t)row] + first + i * 16) * correction;
    }
    for (size_t p = 0; p < valid; p++) {
        const uint8_t *value = values + (p * row_elements + first) * element_size(format);
        f32x16 loaded[8];
#pragma clang loop unroll(full)
        for (int i = 0; i < vectors; i++) loaded[i] = load_elements(format, value, (size_t)i * 16);
        if (next) prefetch_lines(next + p * (size_t)vectors * 32, vectors / 2);
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++) {
            const f32x16 x = splat(s->scores[block][first_query + (size_t)row][p]);
#pragma clang loop unroll(full)
            for (int i = 0; i < vectors; i++) sums[row][i] = fused(x, loaded[i], sums[row][i]);
        }
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
        for (int i = 0; i < vectors; i++)
            store_floats(s->outputs[first_query + (size_t)row] + first + i * 16, sums[row][i]);
}

#endif
