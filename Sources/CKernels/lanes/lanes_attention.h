#ifndef PONDER_LANES_ATTENTION_H
#define PONDER_LANES_ATTENTION_H

#include "lanes.h"

// A task's queries, (row, head) pairs in the order of their rows, meet the cache block by block: a block's keys and
// values are widened to floats once, then scores and results are small products of up to `attention_rows` queries with
// 32 lanes.

struct attention_scratch {
    float keys[attention_dimension_limit * kv_block_tokens];   // [dimension][32]
    float values[kv_block_tokens * attention_dimension_limit]; // [32][value_stride]
    float queries[attention_query_limit][attention_dimension_limit];
    float outputs[attention_query_limit][attention_dimension_limit]; // of the span
    float totals[attention_query_limit][attention_dimension_limit];  // of the spans before it
    float scores[attention_query_limit][kv_block_tokens];            // then shares
    float sum_lanes[attention_query_limit][16];
    float maxima[attention_query_limit];
    float corrections[attention_query_limit];
    float total_maxima[attention_query_limit];
    float total_sums[attention_query_limit];
};

_Static_assert(sizeof(struct attention_scratch) <= kernel_scratch_bytes, "attention fits a worker's scratch");

inlined void widen_as(enum kv_format format, const uint8_t *source, size_t count, float *target) {
    for (size_t i = 0; i < count; i += 16) {
        f32x16 v;
        if (format == kv_format_f32)
            v = load_floats((const float *)source + i);
        else if (format == kv_format_f16)
            v = load_halves(source + i * 2);
        else
            v = load_bfloats(source + i * 2);
        store_floats(target + i, v);
    }
}

static void widen(enum kv_format format, const uint8_t *source, size_t count, float *target) {
    if (format == kv_format_f16)
        widen_as(kv_format_f16, source, count, target);
    else if (format == kv_format_bf16)
        widen_as(kv_format_bf16, source, count, target);
    else
        widen_as(kv_format_f32, source, count, target);
}

/// results[row][0..<32] = results[row] * factors[row] (0 without factors) + sum over k of left[row][k] *
/// right[k][0..<32].
inlined void multiply_32(int rows, const float *left, size_t left_stride, const float *right, size_t right_stride,
                         size_t depth, const float *factors, float *results, size_t result_stride) {
    f32x16 sums[8][2];
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++)
#pragma clang loop unroll(full)
        for (int i = 0; i < 2; i++)
            sums[row][i] =
                factors ? load_floats(results + (size_t)row * result_stride + i * 16) * splat(factors[row]) : splat(0);
    for (size_t k = 0; k < depth; k++) {
        const f32x16 first = load_floats(right + k * right_stride), second = load_floats(right + k * right_stride + 16);
#pragma clang loop unroll(full)
        for (int row = 0; row < rows; row++) {
            const f32x16 x = splat(left[(size_t)row * left_stride + k]);
            sums[row][0] = fused(x, first, sums[row][0]);
            sums[row][1] = fused(x, second, sums[row][1]);
        }
    }
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
        store_floats(results + (size_t)row * result_stride, sums[row][0]);
        store_floats(results + (size_t)row * result_stride + 16, sums[row][1]);
    }
}

static void score_queries(struct attention_scratch *s, size_t dimension, size_t first, size_t end) {
    size_t q = first;
#define score_case(rows)                                                                                               \
    for (; q + rows <= end; q += rows)                                                                                 \
    multiply_32(rows, s->queries[q], attention_dimension_limit, s->keys, kv_block_tokens, dimension, NULL,             \
                s->scores[q], kv_block_tokens)
    if (attention_rows >= 6) score_case(6);
    score_case(2);
    score_case(1);
#undef score_case
}

/// Adds the values of the first `valid` positions to queries that all see just these.
static void add_values(struct attention_scratch *s, size_t value_stride, size_t valid, size_t first, size_t end) {
    for (size_t d = 0; d < value_stride; d += 32) {
        size_t q = first;
#define value_case(rows)                                                                                               \
    for (; q + rows <= end; q += rows)                                                                                 \
    multiply_32(rows, s->scores[q], kv_block_tokens, s->values + d, value_stride, valid, s->corrections + q,           \
                s->outputs[q] + d, attention_dimension_limit)
        if (attention_rows >= 6) value_case(6);
        value_case(2);
        value_case(1);
#undef value_case
    }
}

/// Turns a query's scores into shares and updates its maximum and sum; the correction is for what came before.
inlined void weigh_scores(struct attention_scratch *s, size_t q, float scale, size_t valid) {
    const i32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const i32x16 first_seen = lane < (int32_t)valid, second_seen = lane + 16 < (int32_t)valid;
    const f32x16 none = splat(-INFINITY);
    const f32x16 first = first_seen ? load_floats(s->scores[q]) * splat(scale) : none;
    const f32x16 second = second_seen ? load_floats(s->scores[q] + 16) * splat(scale) : none;
    const float before = s->maxima[q];
    const float maximum = largest_lane(larger_of(second, larger_of(first, splat(before))));
    // exponential(0) is 1, so leaving it out changes no bit.
    const float correction = maximum == before && maximum > -INFINITY ? 1.0f : exponential(before - maximum);
    const f32x16 first_shares = first_seen ? exponentials(first - splat(maximum)) : splat(0);
    const f32x16 second_shares = second_seen ? exponentials(second - splat(maximum)) : splat(0);
    store_floats(s->sum_lanes[q], fused(load_floats(s->sum_lanes[q]), splat(correction), first_shares) + second_shares);
    store_floats(s->scores[q], first_shares);
    store_floats(s->scores[q] + 16, second_shares);
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

/// One block of positions for all queries of a task.
static void attend_block(const struct attention_plan *plan, const struct attention_task *task, size_t start,
                         struct attention_scratch *s) {
    const struct kv_layout *layout = &plan->layout;
    const size_t group = plan->head_count / layout->kv_head_count, queries = task->row_count * group;
    const size_t first_position = task->sequence->first_position + task->first_row;
    const size_t block = (size_t)task->sequence->block_table[start / kv_block_tokens];
    const uint8_t *keys = plan->cache + block * plan->block_stride + task->kv_head * layout->head_bytes;
    const size_t key_count = kv_block_tokens * layout->head_dimension;
    widen(layout->format, keys, key_count, s->keys);
    widen(layout->format, keys + key_count * layout->element_bytes, kv_block_tokens * layout->value_stride, s->values);
    const size_t first = start > first_position ? (start - first_position) * group : 0;
    score_queries(s, layout->head_dimension, first, queries);
    for (size_t q = first; q < queries; q++)
        weigh_scores(s, q, plan->scale, positions_seen(first_position + q / group, start));
    for (size_t q = first; q < queries;) {
        const size_t valid = positions_seen(first_position + q / group, start);
        size_t end = q + 1;
        while (end < queries && positions_seen(first_position + end / group, start) == valid) end++;
        add_values(s, layout->value_stride, valid, q, end);
        q = end;
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
        for (size_t p = start; p <= last_position && p < start + attention_span_tokens; p += kv_block_tokens)
            attend_block(plan, task, p, s);
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

static void lanes_store_kv(const struct kv_store *store, size_t row) {
    const struct kv_layout *layout = &store->layout;
    const size_t slot = (size_t)store->slots[row];
    uint8_t *block = store->cache + slot / kv_block_tokens * store->block_stride;
    for (size_t head = 0; head < layout->kv_head_count; head++)
        store_head(layout, block + head * layout->head_bytes, slot % kv_block_tokens,
                   store->keys + row * store->key_stride + head * layout->head_dimension,
                   store->values + row * store->value_stride + head * layout->head_dimension);
}

#endif
