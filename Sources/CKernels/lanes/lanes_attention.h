#ifndef PONDER_LANES_ATTENTION_H
#define PONDER_LANES_ATTENTION_H

#include "lanes_attention_bytes.h"

// A task's queries, (row, head) pairs in the order of their rows, meet the cache some blocks at a time, as it is stored.

inlined void score_tile(enum kv_format format, int rows, int blocks, const struct attention_keys *keys, int first,
                        bool fetches, const struct kv_layout *layout, struct attention_scratch *s, size_t first_query) {
    if (format == kv_format_q8_0)
        score_byte_rows(rows, blocks, keys, first, fetches, layout->value_stride / kv_group_dimensions, s, first_query);
    else
        score_rows(format, rows, blocks, keys, first, fetches, layout->head_dimension, s, first_query);
}

inlined void add_value_tile(enum kv_format format, int rows, int vectors, const uint8_t *values, size_t row_elements,
                            size_t valid, const uint8_t *next, struct attention_scratch *s, int block,
                            size_t first_query, size_t first) {
    if (format == kv_format_q8_0)
        add_byte_value_rows(rows, vectors, values, valid, first == 0 ? next : NULL, s, block, first_query, first);
    else
        add_value_rows(format, rows, vectors, values, row_elements, valid,
                       next ? next + first * kv_block_tokens * 2 : NULL, s, block, first_query, first);
}

/// Scores of queries `first` to `end` with block `block` of the keys.
inlined void score_block_as(enum kv_format format, const struct attention_keys *keys, int block, bool fetches,
                            const struct kv_layout *layout, struct attention_scratch *s, size_t first, size_t end) {
    size_t q = first;
#define score_case(rows)                                                                                               \
    for (; q + rows <= end; q += rows) {                                                                               \
        if (fetches && q == first)                                                                                     \
            score_tile(format, rows, 1, keys, block, true, layout, s, q);                                              \
        else                                                                                                           \
            score_tile(format, rows, 1, keys, block, false, layout, s, q);                                             \
    }
    if (attention_rows >= 8) score_case(8);
    if (attention_rows >= 4) score_case(4);
    score_case(2);
    score_case(1);
#undef score_case
}

/// The same of a few queries with `attention_stride` blocks: the fewer queries, the more blocks at once.
inlined void score_stride_as(enum kv_format format, const struct attention_keys *keys, const struct kv_layout *layout,
                             struct attention_scratch *s, size_t queries) {
    size_t q = 0;
#define stride_case(rows, blocks)                                                                                      \
    for (; q + rows <= queries; q += rows)                                                                             \
        for (int block = 0; block < attention_stride; block += blocks) {                                               \
            if (q == 0)                                                                                                \
                score_tile(format, rows, blocks, keys, block, true, layout, s, q);                                  \
            else                                                                                                       \
                score_tile(format, rows, blocks, keys, block, false, layout, s, q);                                 \
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
            add_value_tile(format, rows, vectors, values, value_stride, valid, q == first ? next : NULL, s, block, q,  \
                           d);                                                                                         \
        for (; vectors > 2 && d < value_stride; d += 32)                                                               \
            add_value_tile(format, rows, 2, values, value_stride, valid, NULL, s, block, q, d);                        \
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

/// Scales a query's scores and takes the largest so far; positions that it does not see have none.
inlined void scale_scores(struct attention_scratch *s, int block, size_t q, float scale, size_t valid) {
    const i32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const f32x16 none = splat(-INFINITY);
    float *scores = s->scores[block][q];
    const f32x16 first = lane < (int32_t)valid ? load_floats(scores) * splat(scale) : none;
    const f32x16 second = lane + 16 < (int32_t)valid ? load_floats(scores + 16) * splat(scale) : none;
    store_floats(scores, first);
    store_floats(scores + 16, second);
    s->new_maxima[q] = largest_lane(larger_of(second, larger_of(first, splat(s->maxima[q]))));
}

/// Turns a query's scaled scores into shares and adds them to its sum.
inlined void share_scores(struct attention_scratch *s, int block, size_t q, size_t valid) {
    const i32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const f32x16 maximum = splat(s->maxima[q]);
    float *scores = s->scores[block][q];
    const f32x16 first = lane < (int32_t)valid ? exponentials(load_floats(scores) - maximum) : splat(0);
    const f32x16 second = lane + 16 < (int32_t)valid ? exponentials(load_floats(scores + 16) - maximum) : splat(0);
    store_floats(s->sum_lanes[q], fused(load_floats(s->sum_lanes[q]), splat(s->corrections[q]), first) + second);
    store_floats(scores, first);
    store_floats(scores + 16, second);
}

/// From scores to shares for queries `first` to `end`, which see as many of a block's positions as s->seen says; their
/// corrections are for what came before, sixteen queries' at a time.
inlined void weigh_scores(struct attention_scratch *s, int block, size_t first, size_t end, float scale) {
    for (size_t q = first; q < end; q++) scale_scores(s, block, q, scale, s->seen[q]);
    for (size_t q = first; q < end; q += 16) {
        const f32x16 before = load_floats(s->maxima + q), now = load_floats(s->new_maxima + q);
        // exponential(0) is 1, so leaving it out changes no bit.
        const bool are_unchanged = __builtin_reduce_and((before == now) & (now > splat(-INFINITY))) != 0;
        store_floats(s->corrections + q, are_unchanged ? splat(1) : exponentials(before - now));
        store_floats(s->maxima + q, now);
    }
    for (size_t q = first; q < end; q++) share_scores(s, block, q, s->seen[q]);
}

static void begin_span(struct attention_scratch *s, size_t queries, size_t value_stride) {
    store_floats(s->maxima + queries, splat(0));
    store_floats(s->new_maxima + queries, splat(0));
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
    const uint8_t *values = keys.blocks[0] + layout->values_start;
    const size_t first = start > first_position ? (start - first_position) * group : 0;
    score_block_as(format, &keys, 0, false, layout, s, first, queries);
    for (size_t q = first; q < queries; q++) s->seen[q] = positions_seen(first_position + q / group, start);
    weigh_scores(s, 0, first, queries, plan->scale);
    for (size_t q = first; q < queries;) {
        const size_t valid = s->seen[q];
        size_t end = q + 1;
        while (end < queries && s->seen[end] == valid) end++;
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
    case kv_format_q8_0: attend_block_as(kv_format_q8_0, plan, task, start, s); break;
    }
}

/// The keys to be fetched for position `start` of a task: behind its last block come the first ones of the next task.
inlined const uint8_t *block_ahead(const struct attention_plan *plan, const struct attention_task *task, size_t start) {
    const size_t last = task->sequence->first_position + task->first_row + task->row_count - 1;
    if (start <= last) return head_block(plan, task, start);
    const struct attention_task *next = task->next;
    if (!next) return NULL;
    const size_t first = start - (last / kv_block_tokens + 1) * kv_block_tokens;
    const bool is_seen = first <= next->sequence->first_position + next->first_row + next->row_count - 1;
    return is_seen ? head_block(plan, next, first) : NULL;
}

/// Up to `attention_stride` blocks for the few queries of one row, which sees all their positions but perhaps the last's.
/// While keys are at work their values are fetched, and with these the keys of the stride that follows.
inlined void attend_stride_as(enum kv_format format, const struct attention_plan *plan,
                              const struct attention_task *task, size_t start, size_t end,
                              struct attention_scratch *s) {
    const struct kv_layout *layout = &plan->layout;
    const size_t group = plan->head_count / layout->kv_head_count;
    const size_t position = task->sequence->first_position + task->first_row;
    const int blocks = (int)((end - start + kv_block_tokens - 1) / kv_block_tokens);
    struct attention_keys keys = {0};
    for (int i = 0; i < blocks; i++) {
        keys.blocks[i] = head_block(plan, task, start + (size_t)i * kv_block_tokens);
        keys.next[i] = keys.blocks[i] + layout->values_start;
    }
    if (blocks == attention_stride)
        score_stride_as(format, &keys, layout, s, group);
    else
        for (int i = 0; i < blocks; i++) score_block_as(format, &keys, i, true, layout, s, 0, group);
    for (int i = 0; i < blocks; i++) {
        const size_t valid = positions_seen(position, start + (size_t)i * kv_block_tokens);
        for (size_t q = 0; q < group; q++) s->seen[q] = valid;
        weigh_scores(s, i, 0, group, plan->scale);
        const uint8_t *next = block_ahead(plan, task, start + (size_t)(i + attention_stride) * kv_block_tokens);
        add_values_as(format, keys.blocks[i] + layout->values_start, layout->value_stride, valid, next, s, i, 0, group);
    }
}

static void attend_stride(const struct attention_plan *plan, const struct attention_task *task, size_t start,
                          size_t end, struct attention_scratch *s) {
    switch (plan->layout.format) {
    case kv_format_f16: attend_stride_as(kv_format_f16, plan, task, start, end, s); break;
    case kv_format_bf16: attend_stride_as(kv_format_bf16, plan, task, start, end, s); break;
    case kv_format_f32: attend_stride_as(kv_format_f32, plan, task, start, end, s); break;
    case kv_format_q8_0: attend_stride_as(kv_format_q8_0, plan, task, start, end, s); break;
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
    if (plan->layout.format == kv_format_q8_0) quantize_queries(s, queries, dimension, value_stride);
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

#endif
