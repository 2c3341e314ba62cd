#include "comparison.h"

// Attention with every cache format: rows are stored by both tables, the caches compared, and then read by single rows
// with 1 to 9 heads a KV head, at positions around every boundary, and by many rows of one task.

enum { guard = 16 };

struct attention_case {
    enum kv_format format;
    size_t kv_heads, group, dimension;
    size_t positions; // that the cache holds
    enum number_kind kind;
};

struct filled_cache {
    struct kv_layout layout;
    uint8_t *memory;
    size_t block_stride;
    int32_t *block_table;
};

/// Blocks in another order than that of their positions.
static int32_t block_of(size_t index) { return (int32_t)(index ^ 1); }

static struct filled_cache fill_cache(const struct attention_case *shape, const struct kernel_table *reference,
                                      const struct kernel_table *kernels) {
    const size_t width = shape->kv_heads * shape->dimension, blocks = (shape->positions + 31) / 32;
    struct filled_cache cache = {.layout = make_kv_layout(shape->format, shape->kv_heads, shape->dimension)};
    cache.block_stride = cache.layout.block_bytes + 64;
    const size_t bytes = (blocks + 1) * cache.block_stride;
    cache.memory = memory_of(bytes);
    cache.block_table = memory_of(blocks * sizeof(int32_t));
    int32_t *slots = memory_of(shape->positions * sizeof(int32_t));
    for (size_t i = 0; i < blocks; i++) cache.block_table[i] = block_of(i);
    for (size_t i = 0; i < shape->positions; i++) slots[i] = block_of(i / 32) * 32 + (int32_t)(i % 32);
    uint8_t *found = memory_of(bytes);
    struct kv_store store = {
        .layout = cache.layout,
        .cache = cache.memory,
        .block_stride = cache.block_stride,
        .row_count = shape->positions,
        .slots = slots,
        .keys = random_numbers(shape->kind, shape->positions * width),
        .key_stride = width,
        .values = random_numbers(shape->kind, shape->positions * width),
        .value_stride = width,
    };
    for (size_t head = 0; head < shape->kv_heads; head++)
        reference->store_kv(&store, 0, shape->positions, head);
    store.cache = found;
    for (size_t head = 0; head < shape->kv_heads; head++) {
        kernels->store_kv(&store, 0, shape->positions / 2, head);
        kernels->store_kv(&store, shape->positions / 2, shape->positions - shape->positions / 2, head);
    }
    compare_bytes(&(struct comparison){kernels, "store_kv", {shape->format, shape->dimension, shape->kind}}, found,
                  cache.memory, bytes);
    digest_bytes(cache.memory, bytes);
    return cache;
}

static void attend_with(const struct kernel_table *kernels, const struct attention_plan *plan) {
    static void *scratch;
    if (!scratch) scratch = memory_of(kernel_scratch_bytes);
    for (size_t head = 0; head < plan->layout.kv_head_count; head++) {
        const struct attention_task next = {plan->sequences, 0, plan->sequences->row_count, head + 1, NULL};
        const bool has_next = head + 1 < plan->layout.kv_head_count;
        const struct attention_task task = {plan->sequences, 0, plan->sequences->row_count, head, has_next ? &next : NULL};
        kernels->attend(plan, &task, scratch);
    }
}

static void compare_rows(const struct attention_case *shape, const struct filled_cache *cache,
                         const struct kernel_table *reference, const struct kernel_table *kernels,
                         size_t first_position, size_t rows) {
    const size_t width = shape->kv_heads * shape->group * shape->dimension;
    const struct attention_sequence sequence = {0, rows, first_position, cache->block_table};
    struct attention_plan plan = {
        .layout = cache->layout,
        .head_count = shape->kv_heads * shape->group,
        .scale = 1 / sqrtf((float)shape->dimension),
        .queries = random_numbers(shape->kind, rows * width),
        .query_stride = width,
        .output_stride = width + guard,
        .cache = cache->memory,
        .block_stride = cache->block_stride,
        .sequence_count = 1,
        .sequences = &sequence,
    };
    float *expected = memory_of(rows * plan.output_stride * sizeof(float));
    float *found = memory_of(rows * plan.output_stride * sizeof(float));
    plan.outputs = expected;
    attend_with(reference, &plan);
    plan.outputs = found;
    attend_with(kernels, &plan);
    compare_floats(&(struct comparison){kernels, "attend", {shape->format, shape->group, first_position, rows}}, found,
                   expected, rows * plan.output_stride);
    digest_floats(expected, rows * plan.output_stride);
    free(expected);
    free(found);
}

static void compare_format(enum kv_format format, const struct kernel_table *reference,
                           const struct kernel_table *kernels) {
    static const size_t positions[] = {0, 5, 31, 32, 63, 127, 128, 200};
    for (size_t group = 1; group <= 9; group++) {
        const struct attention_case shape = {format, 1, group, group % 2 ? 24 : 32, 210, ordinary_numbers};
        const struct filled_cache cache = fill_cache(&shape, reference, kernels);
        for (size_t i = 0; i < sizeof positions / sizeof *positions; i++)
            compare_rows(&shape, &cache, reference, kernels, positions[i], 1);
        for (size_t rows = 2; rows * group <= attention_query_limit; rows += 3)
            compare_rows(&shape, &cache, reference, kernels, 210 - rows, rows);
    }
    const struct attention_case heads = {format, 3, 2, 16, 70, ordinary_numbers};
    const struct filled_cache filled = fill_cache(&heads, reference, kernels);
    compare_rows(&heads, &filled, reference, kernels, 69, 1);
    compare_rows(&heads, &filled, reference, kernels, 25, 16);
    // Spans of 1,024 positions.
    const struct attention_case lengthy = {format, 1, 3, 16, 2200, ordinary_numbers};
    const struct filled_cache spans = fill_cache(&lengthy, reference, kernels);
    static const size_t ends[] = {1023, 1024, 1100, 2047, 2048, 2180};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        compare_rows(&lengthy, &spans, reference, kernels, ends[i], 1);
        compare_rows(&lengthy, &spans, reference, kernels, ends[i] - 5, 10);
    }
    const struct attention_case wide = {format, 1, 2, attention_dimension_limit, 40, ordinary_numbers};
    const struct filled_cache widest = fill_cache(&wide, reference, kernels);
    compare_rows(&wide, &widest, reference, kernels, 39, 1);
    compare_rows(&wide, &widest, reference, kernels, 30, 10);
    for (int kind = tiny_numbers; kind < number_kind_count; kind++) {
        const struct attention_case extreme = {format, 2, 2, 40, 140, (enum number_kind)kind};
        const struct filled_cache cache = fill_cache(&extreme, reference, kernels);
        compare_rows(&extreme, &cache, reference, kernels, 139, 1);
        compare_rows(&extreme, &cache, reference, kernels, 20, 16);
    }
}

void compare_attention(const struct kernel_table *reference, const struct kernel_table *kernels) {
    seed_random(2000);
    for (int format = kv_format_f32; format <= kv_format_q8_0; format++)
        compare_format((enum kv_format)format, reference, kernels);
}
