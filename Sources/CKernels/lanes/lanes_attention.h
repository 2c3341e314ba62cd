#ifndef PONDER_LANES_ATTENTION_H
#define PONDER_LANES_ATTENTION_H

#include "lanes.h"

// A task's queries, (row, head) pairs in the order of their rows, meet the cache some blocks at a time. Scores and
// results are small products whose lanes are positions or dimensions; keys and values become floats as they are loaded.

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
    float sum_lanes[attention_query_limit][16];
    float maxima[attention_query_limit];
    float corrections[attention_query_limit];
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
    for (int i = 0; i < lines; i++) __builtin_prefetch(bytes + i * 64, 0, 2);
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
            for (int i = 0; i < blocks; i++) __builtin_prefetch(keys->next[first + i] + d * 64, 0, 2);
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
/// `next`, unless null, is fetched meanwhile, 256 bytes with every position.
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
        if (next) prefetch_lines(next + p * 256, 4);
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

/// Scores of queries `first` to `end` with block `block` of the keys.
inlined void score_block_as(enum kv_format format, const struct attention_keys *keys, int block, size_t dimension,
                            struct attention_scratch *s, size_t first, size_t end) {
    size_t q = first;
#define score_case(rows)                                                                                               \
    for (; q + rows <= end; q += rows) score_rows(format, rows, 1, keys, block, false, dimension, s, q)
    if (attention_rows >= 8) score_case(8);
    if (attention_rows >= 4) score_case(4);
    score_case(2);
    score_case(1);
#undef score_case
}

/// The same of a few queries with `attention_stride` blocks: the fewer queries, the more blocks at once.
inlined void score_stride_as(enum kv_format format, const struct attention_keys *keys, size_t dimension,
                             struct attention_scratch *s, size_t queries) {
    size_t q = 0;
#define stride_case(rows, blocks)                                                                                      \
    for (; q + rows <= queries; q += rows)                                                                             \
        for (int block = 0; block < attention_stride; block += blocks) {                                               \
            if (q == 0)                                                                                                \
                score_rows(format, rows, blocks, keys, block, true, dimension, s, q);                                  \
            else                                                                                                       \
                score_rows(format, rows, blocks, keys, block, false, dimension, s, q);                                 \
        }
    if (attention_rows >= 8) {
        stride_case(8, 1);
        stride_case(4, 2);
        stride_case(2, 4);
        stride_case(1, 4);
    } else {
        stride_case(2, 1);
        stride_case(1, 2);
    }
#undef stride_case
}

/// Adds the values of the first `valid` positions to queries that all see just these: the fewer queries, the more
/// dimensions at once. `next`, unless null, is fetched meanwhile.
inlined void add_values_as(enum kv_format format, const uint8_t *values, size_t value_stride, size_t valid,
                           const uint8_t *next, struct attention_scratch *s, int block, size_t first, size_t end) {
    size_t q = first;
#define value_case(rows, vectors)                                                                                      \
    for (; q + rows <= end; q += rows) {                                                                               \
        size_t d = 0;                                                                                                  \
        for (; d + vectors * 16 <= value_stride; d += vectors * 16)                                                    \
            add_value_rows(format, rows, vectors, values, value_stride, valid, q + d == first ? next : NULL, s, block, \
                           q, d);                                                                                      \
        for (; vectors > 2 && d < value_stride; d += 32)                                                               \
            add_value_rows(format, rows, 2, values, value_stride, valid, NULL, s, block, q, d);                        \
    }
    if (attention_rows >= 8) {
        value_case(8, 2);
        value_case(4, 4);
        value_case(2, 8);
    }
    value_case(2, 2);
    value_case(1, 4);
#undef value_case
}

/// Turns a query's scores into shares and updates its maximum and sum; the correction is for what came before.
inlined void weigh_scores(struct attention_scratch *s, int block, size_t q, float scale, size_t valid) {
    const i32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const i32x16 first_seen = lane < (int32_t)valid, second_seen = lane + 16 < (int32_t)valid;
    const f32x16 none = splat(-INFINITY);
    float *scores = s->scores[block][q];
    const f32x16 first = first_seen ? load_floats(scores) * splat(scale) : none;
    const f32x16 second = second_seen ? load_floats(scores + 16) * splat(scale) : none;
    const float before = s->maxima[q];
    const float maximum = largest_lane(larger_of(second, larger_of(first, splat(before))));
    // exponential(0) is 1, so leaving it out changes no bit.
    const float correction = maximum == before && maximum > -INFINITY ? 1.0f : exponential(before - maximum);
    const f32x16 first_shares = first_seen ? exponentials(first - splat(maximum)) : splat(0);
    const f32x16 second_shares = second_seen ? exponentials(second - splat(maximum)) : splat(0);
    store_floats(s->sum_lanes[q], fused(load_floats(s->sum_lanes[q]), splat(correction), first_shares) + second_shares);
    store_floats(scores, first_shares);
    store_floats(scores + 16, second_shares);
    s->maxima[q] = maximum;
    s->corrections[q] = correction;
}

static void begin_span(struct attention_scratch *s, size_t queries, size_t value_stride) {
    for (size_t q = 0; q < queries; q++) {
        s->maxima[q] = -INFINITY;
        store_floats(s->sum_lanes[q], splat(0));
        for (size_t d = 0; d < value_stride; d += 16) store_floats(s->outputs[q] + d, splat(0));
    }
}

/// Merges the span of queries from `first` on, those that saw any of it, into their totals.
static void end_span(struct attention_scratch *s, size_t first, size_t queries, size_t value_stride, bool is_first) {
    for (size_t q = first; q < queries; q++) {
        const float sum = folded(load_floats(s->sum_lanes[q]));
        if (is_first) {
            s->total_maxima[q] = s->maxima[q];
            s->total_sums[q] = sum;
            memcpy(s->totals[q], s->outputs[q], value_stride * sizeof(float));
            continue;
        }
        const float merged = s->maxima[q] > s->total_maxima[q] ? s->maxima[q] : s->total_maxima[q];
        const float before = exponential(s->total_maxima[q] - merged), now = exponential(s->maxima[q] - merged);
        s->total_sums[q] = fmaf(s->total_sums[q], before, sum * now);
        for (size_t d = 0; d < value_stride; d += 16)
            store_floats(s->totals[q] + d, fused(load_floats(s->totals[q] + d), splat(before),
                                                 load_floats(s->outputs[q] + d) * splat(now)));
        s->total_maxima[q] = merged;
    }
}

static size_t positions_seen(size_t position, size_t block_start) {
    if (position < block_start) return 0;
    return position - block_start + 1 < kv_block_tokens ? position - block_start + 1 : kv_block_tokens;
}

/// Where a head's keys lie in the block that holds position `start`; its values follow them.
inlined const uint8_t *head_block(const struct attention_plan *plan, const struct attention_task *task, size_t start) {
    const size_t block = (size_t)task->sequence->block_table[start / kv_block_tokens];
    return plan->cache + block * plan->block_stride + task->kv_head * plan->layout.head_bytes;
}

/// One block of positions for all queries of a task.
inlined void attend_block_as(enum kv_format format, const struct attention_plan *plan,
                             const struct attention_task *task, size_t start, struct attention_scratch *s) {
    const struct kv_layout *layout = &plan->layout;
    const size_t group = plan->head_count / layout->kv_head_count, queries = task->row_count * group;
    const size_t first_position = task->sequence->first_position + task->first_row;
    const struct attention_keys keys = {.blocks = {head_block(plan, task, start)}};
    const uint8_t *values = keys.blocks[0] + kv_block_tokens * layout->head_dimension * element_size(format);
    const size_t first = start > first_position ? (start - first_position) * group : 0;
    score_block_as(format, &keys, 0, layout->head_dimension, s, first, queries);
    for (size_t q = first; q < queries; q++)
        weigh_scores(s, 0, q, plan->scale, positions_seen(first_position + q / group, start));
    for (size_t q = first; q < queries;) {
        const size_t valid = positions_seen(first_position + q / group, start);
        size_t end = q + 1;
        while (end < queries && positions_seen(first_position + end / group, start) == valid) end++;
        add_values_as(format, values, layout->value_stride, valid, NULL, s, 0, q, end);
        q = end;
    }
}

static void attend_block(const struct attention_plan *plan, const struct attention_task *task, size_t start,
                         struct attention_scratch *s) {
    switch (plan->layout.format) {
    case kv_format_f16: attend_block_as(kv_format_f16, plan, task, start, s); break;
    case kv_format_bf16: attend_block_as(kv_format_bf16, plan, task, start, s); break;
    case kv_format_f32: attend_block_as(kv_format_f32, plan, task, start, s); break;
    }
}

/// Up to `attention_stride` blocks for the few queries of one row, which sees all their positions but perhaps the last's.
/// While keys are at work their values are fetched, and with these the keys of the stride that follows.
inlined void attend_stride_as(enum kv_format format, const struct attention_plan *plan,
                              const struct attention_task *task, size_t start, size_t end,
                              struct attention_scratch *s) {
    const struct kv_layout *layout = &plan->layout;
    const size_t group = plan->head_count / layout->kv_head_count, dimension = layout->head_dimension;
    const size_t position = task->sequence->first_position + task->first_row;
    const size_t key_bytes = kv_block_tokens * dimension * element_size(format);
    const int blocks = (int)((end - start + kv_block_tokens - 1) / kv_block_tokens);
    struct attention_keys keys = {0};
    for (int i = 0; i < blocks; i++) {
        keys.blocks[i] = head_block(plan, task, start + (size_t)i * kv_block_tokens);
        keys.next[i] = keys.blocks[i] + key_bytes;
    }
    if (blocks == attention_stride)
        score_stride_as(format, &keys, dimension, s, group);
    else
        for (int i = 0; i < blocks; i++) score_block_as(format, &keys, i, dimension, s, 0, group);
    for (int i = 0; i < blocks; i++) {
        const size_t valid = positions_seen(position, start + (size_t)i * kv_block_tokens);
        for (size_t q = 0; q < group; q++) weigh_scores(s, i, q, plan->scale, valid);
        const size_t ahead = start + (size_t)(i + attention_stride) * kv_block_tokens;
        const uint8_t *next = ahead <= position ? head_block(plan, task, ahead) : NULL;
        add_values_as(format, keys.blocks[i] + key_bytes, layout->value_stride, valid, next, s, i, 0, group);
    }
}

static void attend_stride(const struct attention_plan *plan, const struct attention_task *task, size_t start,
                          size_t end, struct attention_scratch *s) {
    switch (plan->layout.format) {
    case kv_format_f16: attend_stride_as(kv_format_f16, plan, task, start, end, s); break;
    case kv_format_bf16: attend_stride_as(kv_format_bf16, plan, task, start, end, s); break;
    case kv_format_f32: attend_stride_as(kv_format_f32, plan, task, start, end, s); break;
    }
}

static void lanes_attend(const struct attention_plan *plan, const struct attention_task *task, void *scratch) {
    struct attention_scratch *s = scratch;
    const size_t group = plan->head_count / plan->layout.kv_head_count, queries = task->row_count * group;
    const size_t dimension = plan->layout.head_dimension, value_stride = plan->layout.value_stride;
    const size_t first_row = task->sequence->first_row + task->first_row;
    const size_t first_position = task->sequence->first_position + task->first_row;
    const size_t last_position = first_position + task->row_count - 1;
    for (size_t q = 0; q < queries; q++)
        memcpy(s->queries[q],
               plan->queries + (first_row + q / group) * plan->query_stride +
                   (task->kv_head * group + q % group) * dimension,
               dimension * sizeof(float));
    for (size_t start = 0; start <= last_position; start += attention_span_tokens) {
        begin_span(s, queries, value_stride);
        const size_t end = start + attention_span_tokens < last_position + 1 ? start + attention_span_tokens
                                                                             : last_position + 1;
        if (task->row_count == 1 && group <= few_queries)
            for (size_t p = start; p < end; p += attention_stride * kv_block_tokens)
                attend_stride(plan, task, p, p + attention_stride * kv_block_tokens < end
                                                 ? p + attention_stride * kv_block_tokens
                                                 : end, s);
        else
            for (size_t p = start; p < end; p += kv_block_tokens) attend_block(plan, task, p, s);
        const size_t first = start > first_position ? (start - first_position) * group : 0;
        end_span(s, first, queries, value_stride, start == 0);
    }
    for (size_t q = 0; q < queries; q++) {
        float *output = plan->outputs + (first_row + q / group) * plan->output_stride +
                        (task->kv_head * group + q % group) * dimension;
        const f32x16 inverse = splat(1.0f / s->total_sums[q]);
        for (size_t d = 0; d < dimension; d += 16)
            store_some_floats(output + d, load_floats(s->totals[q] + d) * inverse, dimension - d);
    }
}

static void store_as(enum kv_format format, const float *source, size_t count, uint8_t *target) {
    for (size_t i = 0; i < count; i += 16) {
        const f32x16 v = load_some_floats(source + i, count - i, 0);
        if (format == kv_format_f32) {
            store_some_floats((float *)target + i, v, count - i);
            continue;
        }
        u16x16 narrow;
        if (format == kv_format_f16) {
            narrow = (u16x16) __builtin_convertvector(v, f16x16);
        } else {
            const u32x16 bits = (u32x16)v, rounded = bits + 0x7fffu + (bits >> 16 & 1u);
            const u32x16 not_a_number = bits >> 16 | 0x40u;
            const u32x16 is_number = (u32x16)((bits & 0x7fffffffu) <= 0x7f800000u);
            narrow = __builtin_convertvector((rounded >> 16 & is_number) | (not_a_number & ~is_number), u16x16);
        }
        __builtin_memcpy(target + i * 2, &narrow, (count - i < 16 ? count - i : 16) * 2);
    }
}

/// Keys and values of one head; keys are narrowed in one piece, then put a block's row apart.
static void store_head(const struct kv_layout *layout, uint8_t *head, size_t slot, const float *key,
                       const float *value) {
    const size_t dimension = layout->head_dimension, element = layout->element_bytes;
    uint8_t narrow[attention_dimension_limit * 4];
    store_as(layout->format, key, dimension, narrow);
    if (element == 2)
        for (size_t d = 0; d < dimension; d++)
            ((uint16_t *)head)[d * kv_block_tokens + slot] = load_vector(uint16_t, narrow + d * 2);
    else
        for (size_t d = 0; d < dimension; d++)
            ((uint32_t *)head)[d * kv_block_tokens + slot] = load_vector(uint32_t, narrow + d * 4);
    uint8_t *values = head + (kv_block_tokens * dimension + slot * layout->value_stride) * element;
    store_as(layout->format, value, dimension, values);
}

/// Head by head: neighbouring rows write to the same cache lines.
static void lanes_store_kv(const struct kv_store *store, size_t first_row, size_t row_count) {
    const struct kv_layout *layout = &store->layout;
    for (size_t head = 0; head < layout->kv_head_count; head++)
        for (size_t row = first_row; row < first_row + row_count; row++) {
            const size_t slot = (size_t)store->slots[row];
            uint8_t *block = store->cache + slot / kv_block_tokens * store->block_stride;
            store_head(layout, block + head * layout->head_bytes, slot % kv_block_tokens,
                       store->keys + row * store->key_stride + head * layout->head_dimension,
                       store->values + row * store->value_stride + head * layout->head_dimension);
        }
}

#endif
