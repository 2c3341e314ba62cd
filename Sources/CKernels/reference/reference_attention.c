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

static void add_block(const struct attention_plan *plan, const uint8_t *head_block, const float *query, size_t valid,
                      struct span *span) {
    const struct kv_layout *layout = &plan->layout;
    const uint8_t *values = head_block + kv_block_tokens * layout->head_dimension * layout->element_bytes;
    float scores[kv_block_tokens], shares[kv_block_tokens] = {0};
    float maximum = span->maximum;
    for (size_t p = 0; p < valid; p++) {
        float sum = 0;
        for (size_t d = 0; d < layout->head_dimension; d++)
            sum = fmaf(query[d], read_element(layout->format, head_block, d * kv_block_tokens + p), sum);
        scores[p] = sum * plan->scale;
        maximum = scores[p] > maximum ? scores[p] : maximum;
    }
    const float correction = exponential(span->maximum - maximum);
    for (size_t p = 0; p < valid; p++) shares[p] = exponential(scores[p] - maximum);
    for (size_t lane = 0; lane < 16; lane++)
        span->sum_lanes[lane] = fmaf(span->sum_lanes[lane], correction, shares[lane]) + shares[16 + lane];
    for (size_t d = 0; d < layout->head_dimension; d++) {
        float sum = span->output[d] * correction;
        for (size_t p = 0; p < valid; p++)
            sum = fmaf(shares[p], read_element(layout->format, values, p * layout->value_stride + d), sum);
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
                              const float *query, float *output) {
    const size_t dimension = plan->layout.head_dimension;
    float maximum = 0, sum = 0, total[attention_dimension_limit];
    for (size_t start = 0; start <= position; start += attention_span_tokens) {
        struct span span = {.maximum = -INFINITY};
        for (size_t p = start; p <= position && p < start + attention_span_tokens; p += kv_block_tokens) {
            const size_t block = (size_t)task->sequence->block_table[p / kv_block_tokens];
            const size_t valid = position + 1 - p < kv_block_tokens ? position + 1 - p : kv_block_tokens;
            add_block(plan, plan->cache + block * plan->block_stride + task->kv_head * plan->layout.head_bytes, query,
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

static void store_row(const struct kv_store *store, size_t row) {
    const struct kv_layout *layout = &store->layout;
    const size_t dimension = layout->head_dimension;
    const size_t slot = (size_t)store->slots[row] % kv_block_tokens;
    uint8_t *block = store->cache + (size_t)store->slots[row] / kv_block_tokens * store->block_stride;
    for (size_t head = 0; head < layout->kv_head_count; head++) {
        uint8_t *keys = block + head * layout->head_bytes;
        uint8_t *values = keys + kv_block_tokens * dimension * layout->element_bytes;
        for (size_t d = 0; d < dimension; d++) {
            write_element(layout->format, keys, d * kv_block_tokens + slot,
                          store->keys[row * store->key_stride + head * dimension + d]);
            write_element(layout->format, values, slot * layout->value_stride + d,
                          store->values[row * store->value_stride + head * dimension + d]);
        }
    }
}

void reference_store_kv(const struct kv_store *store, size_t first_row, size_t row_count) {
    for (size_t row = first_row; row < first_row + row_count; row++) store_row(store, row);
}
