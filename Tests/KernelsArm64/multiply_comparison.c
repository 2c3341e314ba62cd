#include "comparison.h"

// Products: every format, matrices with every kind of tail, 1 to 40 rows. A row's result does not depend on its
// company, so the reference multiplies all rows once.

enum { row_limit = 40, guard = 16 };

struct product {
    struct weight_tiles weights;
    const float *values[row_limit];
    const struct activation_block *blocks[row_limit];
    float *expected[row_limit];
    float *found[row_limit];
    enum number_kind kind;
};

/// Where a block of a file's format holds f16 numbers; -1 where it holds none.
static const int half_offsets[weight_format_count][2] = {
    [weight_format_f32] = {-1, -1},   [weight_format_f16] = {-1, -1},   [weight_format_bf16] = {-1, -1},
    [weight_format_bf16_rounding] = {-1, -1},
    [weight_format_q8_0] = {0, -1},   [weight_format_q4_0] = {0, -1},   [weight_format_q4_1] = {0, 2},
    [weight_format_q5_0] = {0, -1},   [weight_format_q5_1] = {0, 2},    [weight_format_q2_k] = {80, 82},
    [weight_format_q3_k] = {108, -1}, [weight_format_q4_k] = {0, 2},    [weight_format_q5_k] = {0, 2},
    [weight_format_q6_k] = {208, -1}, [weight_format_iq4_nl] = {0, -1}, [weight_format_iq4_xs] = {0, -1},
    [weight_format_mxfp4] = {-1, -1},
};

static void make_block(enum weight_format format, enum number_kind kind, uint8_t *block) {
    const size_t bytes = weight_block_bytes(format);
    if (format == weight_format_f32) {
        const float value = random_number(kind);
        memcpy(block, &value, sizeof value);
        return;
    }
    // The largest codes of all, the smallest, or any.
    const uint64_t choice = next_random() % 8;
    for (size_t i = 0; i < bytes; i++) block[i] = choice == 0 ? 255 : choice == 1 ? 0 : (uint8_t)next_random();
    if (kind == any_numbers) return;
    if (!weight_format_is_quantized(format)) block[1] &= format == weight_format_f16 ? 0xbb : 0xbf;
    if (format == weight_format_mxfp4) block[0] = (uint8_t)(110 + next_random() % 16);
    for (int i = 0; i < 2 && half_offsets[format][i] >= 0; i++) {
        // An f16 below 2, or a subnormal one.
        const uint16_t half = (uint16_t)(next_random() & (kind == tiny_numbers ? 0x83ff : 0xbfff));
        memcpy(block + half_offsets[format][i], &half, sizeof half);
    }
}

static void make_weights(struct product *product, enum weight_format format, size_t outputs, size_t columns) {
    const size_t row_bytes = columns / weight_block_columns(format) * weight_block_bytes(format);
    uint8_t *rows = memory_of(16 * row_bytes);
    product->weights = (struct weight_tiles){format, outputs, columns, weight_tile_bytes(format, columns), NULL};
    uint8_t *tiles = memory_of(tile_count(outputs) * product->weights.tile_bytes);
    product->weights.data = tiles;
    for (size_t tile = 0; tile < tile_count(outputs); tile++) {
        for (size_t byte = 0; byte < 16 * row_bytes; byte += weight_block_bytes(format))
            make_block(format, product->kind, rows + byte);
        const size_t left = outputs - tile * 16;
        pack_weight_tile(format, columns, left < 16 ? left : 16, rows, row_bytes,
                         tiles + tile * product->weights.tile_bytes);
    }
}

static void make_rows(struct product *product, const struct kernel_table *reference,
                      const struct kernel_table *kernels) {
    const size_t columns = product->weights.columns;
    const bool is_quantized = weight_format_is_quantized(product->weights.format);
    for (size_t row = 0; row < row_limit; row++) {
        product->values[row] = random_numbers(product->kind, columns);
        product->expected[row] = memory_of((product->weights.rows + guard) * sizeof(float));
        product->found[row] = memory_of((product->weights.rows + guard) * sizeof(float));
        if (!is_quantized) continue;
        const size_t bytes = activation_block_count(columns) * sizeof(struct activation_block);
        struct activation_block *blocks = memory_of(bytes), *found = memory_of(bytes);
        memset(found, 0x55, bytes);
        const size_t group_columns = activation_group_columns(product->weights.format);
        reference->quantize_row(product->values[row], columns, group_columns, blocks);
        kernels->quantize_row(product->values[row], columns, group_columns, found);
        compare_bytes(&(struct comparison){kernels, "quantize", {columns, product->kind}}, found, blocks,
                      columns / 32 * sizeof *blocks);
        product->blocks[row] = blocks;
    }
}

static void multiply_with(const struct kernel_table *kernels, const struct product *product, size_t count,
                          float *const *results, bool tile_by_tile) {
    static void *scratch;
    if (!scratch) scratch = memory_of(multiply_scratch_bytes);
    const struct multiply_rows rows = {count, product->values, product->blocks, results, 0};
    const size_t tiles = tile_count(product->weights.rows), step = tile_by_tile ? 1 : tiles;
    for (size_t tile = 0; tile < tiles; tile += step)
        kernels->multiply_tiles(&product->weights, tile, step, &rows, tile_by_tile ? NULL : product->weights.data,
                                scratch);
}

static void compare_products(const struct kernel_table *reference, const struct kernel_table *kernels,
                             enum number_kind kind, enum weight_format format, size_t outputs, size_t columns,
                             size_t row_step) {
    struct product product = {.kind = kind};
    make_weights(&product, format, outputs, columns);
    make_rows(&product, reference, kernels);
    multiply_with(reference, &product, row_limit, product.expected, false);
    for (size_t row = 0; row < row_limit; row++) digest_floats(product.expected[row], outputs);
    for (size_t count = 1; count <= row_limit; count += row_step)
        for (int tile_by_tile = 0; tile_by_tile < 2; tile_by_tile++) {
            for (size_t row = 0; row < count; row++) memset(product.found[row], 0, (outputs + guard) * sizeof(float));
            multiply_with(kernels, &product, count, product.found, tile_by_tile);
            for (size_t row = 0; row < count; row++)
                compare_floats(&(struct comparison){kernels, "multiply", {format, outputs, columns, count}},
                               product.found[row], product.expected[row], outputs + guard);
        }
}

void compare_multiply(const struct kernel_table *reference, const struct kernel_table *kernels) {
    for (int i = 0; i < weight_format_count; i++) {
        const enum weight_format format = (enum weight_format)i;
        seed_random((uint64_t)i);
        const bool is_float = !weight_format_is_quantized(format), is_wide = weight_block_columns(format) == 256;
        const size_t few = is_float ? 13 : is_wide ? 256 : 96;
        compare_products(reference, kernels, ordinary_numbers, format, 39, few, 1);
        compare_products(reference, kernels, ordinary_numbers, format, 1, is_float ? 2 : few, 9);
        // More columns than one panel holds.
        compare_products(reference, kernels, ordinary_numbers, format, 33, is_float ? 300 : is_wide ? 1280 : 1120, 13);
        for (int kind = tiny_numbers; kind < number_kind_count; kind++)
            compare_products(reference, kernels, (enum number_kind)kind, format, 35, few, 13);
    }
}
