#pragma STDC FP_CONTRACT OFF
#include "../exponential.h"
#include "reference_kernels.h"

// Softmax over a row's positions in one pass. Blocks of 32 positions ascend; each rescales what came before to the new
// maximum. Every 1,024 positions make a span that starts afresh; spans are merged in order.

struct span {
    float maximum;
    float sum_lanes[16]; // position p of a block adds to lane p mod 16
    float output[attention_dimension_limit];
};

static float read_element(enum kv_format format, const void *elements, size_t index) {
    if (format == kv_format_f32) return ((const float *)elements)[index];
    const uint16_t bits = ((const uint16_t *)elements)[index];
    return format == kv_format_f16 ? float_from_half(bits) : float_from_bfloat(bits);
}

static const struct kv_group *groups_of(const uint8_t *keys_or_values) {
    return (const struct kv_group *)(const void *)keys_or_values;
}

/// A query as scores meet it.
struct query {
    const float *values; // [head_dimension]
    struct activation_block blocks[attention_dimension_limit / 32];
};

static void quantize_query(const struct kv_layout *layout, struct query *query) {
    float padded[attention_dimension_limit] = {0};
    memcpy(padded, query->values, layout->head_dimension * sizeof(float));
    reference_quantize_row(padded, layout->value_stride, 32, query->blocks);
}

static float score_of(const struct kv_layout *layout, const uint8_t *keys, const struct query *query, size_t p) {
    float sum = 0;
    if (layout->format != kv_format_q8_0) {
        for (size_t d = 0; d < layout->head_dimension; d++)
            sum = fmaf(query->values[d], read_element(layout->format, keys, d * kv_block_tokens + p), sum);
        return sum;
    }
    for (size_t g = 0; g < layout->value_stride / kv_group_dimensions; g++) {
        const struct kv_group *group = groups_of(keys) + g;
        const struct activation_block *block = &query->blocks[g];
        int32_t dot = 0;
        for (size_t d = 0; d < kv_group_dimensions; d++)
            dot += (group->codes[(d / 4 * kv_block_tokens + p) * 4 + d % 4] - 128) * block->codes[d];
        sum = fmaf((float)dot, float_from_half(group->scales[p]) * block->scale, sum);
    }
    return sum;
}

/// sum + share * value, for dimension d of position p.
static float add_value(const struct kv_layout *layout, const uint8_t *values, size_t p, size_t d, float share,
                       float sum) {
    if (layout->format != kv_format_q8_0)
        return fmaf(share, read_element(layout->format, values, p * layout->value_stride + d), sum);
    const struct kv_group *group = groups_of(values) + d / kv_group_dimensions;
    const int8_t code = (int8_t)group->codes[p * kv_group_dimensions + d % kv_group_dimensions];
    return fmaf(share * float_from_half(group->scales[p]), (float)code, sum);
}

static void add_block(const struct attention_plan *plan, const uint8_t *head_block, const struct query *query,
                      size_t valid, struct span *span) {
    const struct kv_layout *layout = &plan->layout;
    const uint8_t *values = head_block + layout->values_start;
    float scores[kv_block_tokens], shares[kv_block_tokens] = {0};
    float maximum = span->maximum;
    for (size_t p = 0; p < valid; p++) {
        scores[p] = score_of(layout, head_block, query, p) * plan->scale;
        maximum = scores[p] > maximum ? scores[p] : maximum;
    }
    const float correction = exponential(span->maximum - maximum);
    for (size_t p = 0; p < valid; p++) shares[p] = exponential(scores[p] - maximum);
    for (size_t lane = 0; lane < 16; lane++)
        span->sum_lanes[lane] = fmaf(span->sum_lanes[lane], correction, shares[lane]) + shares[16 + lane];
    for (size_t d = 0; d < layout->head_dimension; d++) {
        float sum = span->output[d] * correction;
        for (size_t p = 0; p < valid; p++) sum = add_value(layout, values, p, d, shares[p], sum);
        span->output[d] = sum;
    }
    span->maximum = maximum;
}

static float folded(const float *lanes) {
    float sums[16];
    memcpy(sums, lanes, sizeof sums);
    for (size_t width = 8; width > 0; width /= 2)
        for (size_t lane = 0; lane < width; lane++) sums[lane] += sums[lane + width];
    return sums[0];
}

static void attend_with_query(const struct attention_plan *plan, const struct attention_task *task, size_t position,
                              const float *values, float *output) {
    const size_t dimension = plan->layout.head_dimension;
    struct query query = {.values = values};
    if (plan->layout.format == kv_format_q8_0) quantize_query(&plan->layout, &query);
    float maximum = 0, sum = 0, total[attention_dimension_limit];
    for (size_t start = 0; start <= position; start += attention_span_tokens) {
        struct span span = {.maximum = -INFINITY};
        for (size_t p = start; p <= position && p < start + attention_span_tokens; p += kv_block_tokens) {
            const size_t block = (size_t)task->sequence->block_table[p / kv_block_tokens];
            const size_t valid = position + 1 - p < kv_block_tokens ? position + 1 - p : kv_block_tokens;
            add_block(plan, plan->cache + block * plan->block_stride + task->kv_head * plan->layout.head_bytes, &query,
                      valid, &span);
        }
        const float span_sum = folded(span.sum_lanes);
        if (start == 0) {
            maximum = span.maximum;
            sum = span_sum;
            memcpy(total, span.output, dimension * sizeof(float));
            continue;
        }
        const float merged = span.maximum > maximum ? span.maximum : maximum;
        const float before = exponential(maximum - merged), now = exponential(span.maximum - merged);
        sum = fmaf(sum, before, span_sum * now);
        for (size_t d = 0; d < dimension; d++) total[d] = fmaf(total[d], before, span.output[d] * now);
        maximum = merged;
    }
    const float inverse = 1.0f / sum;
    for (size_t d = 0; d < dimension; d++) output[d] = total[d] * inverse;
}

void reference_attend(const struct attention_plan *plan, const struct attention_task *task, void *scratch) {
    (void)scratch;
    const size_t group = plan->head_count / plan->layout.kv_head_count;
    const size_t dimension = plan->layout.head_dimension;
    for (size_t i = 0; i < task->row_count; i++) {
        const size_t row = task->sequence->first_row + task->first_row + i;
        const size_t position = task->sequence->first_position + task->first_row + i;
        for (size_t head = task->kv_head * group; head < (task->kv_head + 1) * group; head++)
            attend_with_query(plan, task, position, plan->queries + row * plan->query_stride + head * dimension,
                              plan->outputs + row * plan->output_stride + head * dimension);
    }
}

static void write_element(enum kv_format format, void *elements, size_t index, float value) {
    if (format == kv_format_f32)
        ((float *)elements)[index] = value;
    else
        ((uint16_t *)elements)[index] = format == kv_format_f16 ? half_from_float(value) : bfloat_from_float(value);
}

/// Writes a row's keys, or its values, to their groups.
static void quantize_into(struct kv_group *groups, const float *row, size_t dimension, size_t slot, bool are_keys) {
    for (size_t first = 0; first < dimension; first += kv_group_dimensions) {
        struct kv_group *group = groups + first / kv_group_dimensions;
        float x[kv_group_dimensions] = {0}, largest = 0;
        const size_t left = dimension - first;
        memcpy(x, row + first, (left < kv_group_dimensions ? left : kv_group_dimensions) * sizeof(float));
        for (size_t i = 0; i < kv_group_dimensions; i++) largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
        const float wanted = largest / 127.0f;
        group->scales[slot] = half_from_float(wanted < largest_half ? wanted : largest_half);
        const float scale = float_from_half(group->scales[slot]);
        const float inverse = scale > 0 ? 1.0f / scale : 0;
        for (size_t i = 0; i < kv_group_dimensions; i++) {
            float scaled = x[i] * inverse;
            // Not fminf: NaN must become 127 on every instruction set.
            scaled = scaled < 127.0f ? scaled : 127.0f;
            scaled = scaled > -127.0f ? scaled : -127.0f;
            const int32_t code = (int32_t)nearbyintf(scaled);
            if (are_keys)
                group->codes[(i / 4 * kv_block_tokens + slot) * 4 + i % 4] = (uint8_t)(code + 128);
            else
                group->codes[slot * kv_group_dimensions + i] = (uint8_t)code;
        }
    }
}

static void store_row(const struct kv_store *store, size_t row, size_t head) {
    const struct kv_layout *layout = &store->layout;
    const size_t dimension = layout->head_dimension;
    const size_t slot = (size_t)store->slots[row] % kv_block_tokens;
    uint8_t *block = store->cache + (size_t)store->slots[row] / kv_block_tokens * store->block_stride;
    uint8_t *keys = block + head * layout->head_bytes, *values = keys + layout->values_start;
    const float *key = store->keys + row * store->key_stride + head * dimension;
    const float *value = store->values + row * store->value_stride + head * dimension;
    if (layout->format == kv_format_q8_0) {
        quantize_into((struct kv_group *)(void *)keys, key, dimension, slot, true);
        quantize_into((struct kv_group *)(void *)values, value, dimension, slot, false);
        return;
    }
    for (size_t d = 0; d < dimension; d++) {
        write_element(layout->format, keys, d * kv_block_tokens + slot, key[d]);
        write_element(layout->format, values, slot * layout->value_stride + d, value[d]);
    }
}

void reference_store_kv(const struct kv_store *store, size_t first_row, size_t row_count, size_t kv_head) {
    for (size_t row = first_row; row < first_row + row_count; row++) store_row(store, row, kv_head);
}
