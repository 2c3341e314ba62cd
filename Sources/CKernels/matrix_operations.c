#include "CKernels.h"
#include "sizes.h"

#include <string.h>

// How a product is cut for the workers: by tiles and, so that a chunk's rows stay in the second-level cache, by rows.
// Never along the columns.

enum { row_block_bytes = 384 * 1024, weight_chunk_bytes = 128 * 1024, few_rows = 8, some_rows = 64 };

/// Float weights are multiplied so many tiles at a time, and activations are rounded once for all tiles of a chunk.
enum { float_tiles_at_once = 4, float_tiles_limit = 16 };

/// How many rows fit a block at most.
static size_t row_limit(const struct weight_tiles *weights) {
    const size_t row_bytes = weight_format_is_quantized(weights->format)
                                 ? activation_block_count(weights->columns) * sizeof(struct activation_block)
                                 : weights->columns * sizeof(float);
    return larger(24, row_block_bytes / larger(row_bytes, 1));
}

/// Rows of a block, when all blocks are about as large; kernels take four at a time and more.
static size_t balanced_rows(size_t row_count, size_t limit) {
    const size_t blocks = divided_up(row_count, limit);
    return larger(1, divided_up(divided_up(row_count, larger(1, blocks)), 4) * 4);
}

static size_t tiles_per_chunk(const struct weight_tiles *weights, size_t row_count, size_t threads) {
    const size_t for_balance = larger(1, tile_count(weights->rows) / (threads * 4));
    if (!weight_format_is_quantized(weights->format)) {
        // Where many threads share little, none stays idle for the sake of larger chunks.
        if (for_balance < float_tiles_at_once) return for_balance;
        return smaller(float_tiles_limit, for_balance / float_tiles_at_once * float_tiles_at_once);
    }
    if (row_count > some_rows) return 2;
    const size_t by_bytes = larger(1, weight_chunk_bytes / larger(weights->tile_bytes, 1));
    const size_t tiles = smaller(by_bytes, for_balance);
    // Beyond a few rows tiles are multiplied in pairs.
    return row_count > few_rows ? larger(2, tiles / 2 * 2) : tiles;
}

static struct multiply_rows slice(const struct multiply_rows *rows, size_t first, size_t count) {
    return (struct multiply_rows){
        .count = count,
        .values = rows->values ? rows->values + first : NULL,
        .blocks = rows->blocks ? rows->blocks + first : NULL,
        .results = rows->results ? rows->results + first : NULL,
        .first_output = rows->first_output,
    };
}

/// How one matrix's chunks lie among all chunks of a region.
struct chunk_layout {
    size_t tiles, tiles_per_chunk, chunks;
};

static struct chunk_layout lay_out(const struct weight_tiles *weights, size_t row_count, size_t threads) {
    struct chunk_layout layout = {.tiles = tile_count(weights->rows)};
    layout.tiles_per_chunk = tiles_per_chunk(weights, row_count, threads);
    layout.chunks = divided_up(layout.tiles, layout.tiles_per_chunk);
    return layout;
}

enum { product_limit = 4 };

struct multiplication {
    struct worker_pool *pool;
    const struct kernel_table *kernels;
    const struct weight_product *products;
    const struct multiply_rows *rows;
    struct chunk_layout layouts[product_limit];
    size_t product_count, chunks_per_row_block, rows_per_chunk;
};

struct product_chunk {
    const struct weight_product *product;
    size_t first_tile, tiles;
};

static struct product_chunk find_chunk(const struct multiplication *work, size_t chunk) {
    size_t index = 0;
    while (chunk >= work->layouts[index].chunks) chunk -= work->layouts[index++].chunks;
    const struct chunk_layout *layout = &work->layouts[index];
    const size_t first = chunk * layout->tiles_per_chunk;
    return (struct product_chunk){&work->products[index], first, smaller(layout->tiles_per_chunk, layout->tiles - first)};
}

static const void *tiles_at(const struct weight_tiles *weights, size_t tile) {
    return (const uint8_t *)weights->data + tile * weights->tile_bytes;
}

/// Workers take chunks in turn, so that a worker's next one is as many chunks ahead as there are workers.
static const void *next_tiles(const struct multiplication *work, size_t chunk, const struct product_chunk *part) {
    const size_t ahead = chunk + worker_pool_thread_count(work->pool);
    if (ahead >= work->chunks_per_row_block) return NULL;
    const struct product_chunk next = find_chunk(work, ahead);
    const struct weight_tiles *weights = &next.product->weights;
    const bool is_alike = weights->format == part->product->weights.format && next.tiles >= part->tiles;
    return is_alike ? tiles_at(weights, next.first_tile) : NULL;
}

static void multiply_chunk(void *context, size_t chunk, size_t worker) {
    const struct multiplication *work = context;
    const size_t tile_chunk = chunk % work->chunks_per_row_block;
    const size_t first_row = chunk / work->chunks_per_row_block * work->rows_per_chunk;
    const struct product_chunk part = find_chunk(work, tile_chunk);
    struct multiply_rows rows =
        slice(work->rows, first_row, smaller(work->rows_per_chunk, work->rows->count - first_row));
    rows.results = part.product->results + first_row;
    work->kernels->multiply_tiles(&part.product->weights, part.first_tile, part.tiles, &rows,
                                  next_tiles(work, tile_chunk, &part), worker_pool_scratch(work->pool, worker));
}

static void multiply_some(struct worker_pool *pool, const struct kernel_table *kernels,
                          const struct weight_product *products, size_t product_count,
                          const struct multiply_rows *rows) {
    struct multiplication work = {
        .pool = pool, .kernels = kernels, .products = products, .product_count = product_count, .rows = rows};
    size_t limit = SIZE_MAX;
    for (size_t i = 0; i < product_count; i++) {
        work.layouts[i] = lay_out(&products[i].weights, rows->count, worker_pool_thread_count(pool));
        work.chunks_per_row_block += work.layouts[i].chunks;
        limit = smaller(limit, row_limit(&products[i].weights));
    }
    work.rows_per_chunk = balanced_rows(rows->count, limit);
    const size_t row_chunks = divided_up(rows->count, work.rows_per_chunk);
    worker_pool_run(pool, work.chunks_per_row_block * row_chunks, multiply_chunk, &work);
}

void multiply_on_pool(struct worker_pool *pool, const struct kernel_table *kernels,
                      const struct weight_product *products, size_t product_count, const struct multiply_rows *rows) {
    if (rows->count == 0) return;
    for (size_t first = 0; first < product_count; first += product_limit)
        multiply_some(pool, kernels, products + first, smaller(product_limit, product_count - first), rows);
}

static void clear_odd_block(struct activation_block *blocks, size_t columns) {
    memset(blocks + columns / 32, 0, (activation_block_count(columns) - columns / 32) * sizeof *blocks);
}

/// Where gates and ups of some tiles and rows lie until they are activated: behind what multiply_tiles uses, near in
/// the cache. Sixteen tiles are the largest group of columns that share a scale.
enum { gated_offset = multiply_scratch_bytes, gated_tiles = 16, gated_rows = 384, gated_floats = 96 * gated_tiles * tile_rows };

struct gated_scratch {
    float *results[2][gated_rows];
    float values[2][gated_floats];
};

_Static_assert(gated_offset + sizeof(struct gated_scratch) <= kernel_scratch_bytes, "both fit a worker's scratch");

static void activate_rows(const struct kernel_table *kernels, const struct gated_product *product, size_t first,
                          size_t count, size_t row_count, struct gated_scratch *results) {
    for (size_t row = 0; row < row_count; row++) {
        float *gates = results->results[0][row];
        float *values = product->blocks ? gates : product->values[row] + first;
        kernels->elementwise.activate(gates, results->results[1][row], count, values);
        if (!product->blocks) continue;
        kernels->quantize_row(values, count, product->group_columns, product->blocks[row] + first / 32);
        if (first + count == product->gate.rows) clear_odd_block(product->blocks[row], product->gate.rows);
    }
}

static size_t gated_row_limit(size_t tiles) {
    return smaller(gated_rows, gated_floats / (smaller(gated_tiles, tiles) * tile_rows));
}

static void multiply_few_gated_tiles(const struct kernel_table *kernels, const struct gated_product *product,
                                     size_t first_tile, size_t tiles, const struct multiply_rows *rows,
                                     const void *next_gate, void *scratch) {
    const struct weight_tiles *gate = &product->gate, *up = &product->up;
    const bool are_alike = gate->format == up->format;
    struct gated_scratch *results = (struct gated_scratch *)((uint8_t *)scratch + gated_offset);
    const size_t limit = gated_row_limit(tiles);
    for (size_t row = 0; row < smaller(rows->count, limit); row++)
        for (int side = 0; side < 2; side++) results->results[side][row] = results->values[side] + row * tiles * tile_rows;
    const size_t first = first_tile * tile_rows, count = smaller(tiles * tile_rows, gate->rows - first);
    for (size_t first_row = 0; first_row < rows->count; first_row += limit) {
        struct multiply_rows some = slice(rows, first_row, smaller(limit, rows->count - first_row));
        const bool is_last = first_row + some.count == rows->count;
        some.first_output = first;
        some.results = results->results[0];
        kernels->multiply_tiles(gate, first_tile, tiles, &some, are_alike ? tiles_at(up, first_tile) : NULL, scratch);
        some.results = results->results[1];
        kernels->multiply_tiles(up, first_tile, tiles, &some, are_alike && is_last ? next_gate : NULL, scratch);
        struct gated_product part = *product;
        if (part.values) part.values += first_row;
        if (part.blocks) part.blocks += first_row;
        activate_rows(kernels, &part, first, count, some.count, results);
    }
}

void multiply_gated_tiles(const struct kernel_table *kernels, const struct gated_product *product, size_t first_tile,
                          size_t tiles, const struct multiply_rows *rows, const void *next_gate, void *scratch) {
    for (size_t done = 0; done < tiles; done += gated_tiles) {
        const size_t some = smaller(gated_tiles, tiles - done);
        const void *next = done + some == tiles ? next_gate : tiles_at(&product->gate, first_tile + done + some);
        multiply_few_gated_tiles(kernels, product, first_tile + done, some, rows, next, scratch);
    }
}

struct gated_multiplication {
    struct worker_pool *pool;
    const struct kernel_table *kernels;
    const struct gated_product *product;
    const struct multiply_rows *rows;
    struct chunk_layout layout;
    size_t rows_per_chunk;
};

static void multiply_gated_chunk(void *context, size_t chunk, size_t worker) {
    const struct gated_multiplication *work = context;
    const struct chunk_layout *layout = &work->layout;
    const size_t tile_chunk = chunk % layout->chunks, ahead = tile_chunk + worker_pool_thread_count(work->pool);
    const size_t first_tile = tile_chunk * layout->tiles_per_chunk;
    const size_t first_row = chunk / layout->chunks * work->rows_per_chunk;
    const struct multiply_rows rows =
        slice(work->rows, first_row, smaller(work->rows_per_chunk, work->rows->count - first_row));
    struct gated_product part = *work->product;
    if (part.values) part.values += first_row;
    if (part.blocks) part.blocks += first_row;
    const bool has_next = (ahead + 1) * layout->tiles_per_chunk <= layout->tiles;
    multiply_gated_tiles(work->kernels, &part, first_tile, smaller(layout->tiles_per_chunk, layout->tiles - first_tile),
                         &rows, has_next ? tiles_at(&part.gate, ahead * layout->tiles_per_chunk) : NULL,
                         worker_pool_scratch(work->pool, worker));
}

/// Whole groups of columns where a chunk's gates are quantised; none where that leaves workers without a chunk.
static size_t gated_tiles_per_chunk(const struct gated_product *product, size_t row_count, size_t threads) {
    const size_t unit = product->blocks ? product->group_columns / tile_rows : 2;
    const size_t for_balance = tile_count(product->gate.rows) / (threads * 4);
    if (for_balance < unit) return product->blocks ? 0 : unit;
    // Many rows are worth a chunk at any size, and float weights round their rows once a chunk.
    const bool takes_all = row_count > some_rows || !weight_format_is_quantized(product->gate.format);
    const size_t by_bytes = takes_all ? gated_tiles : weight_chunk_bytes / larger(product->gate.tile_bytes, 1);
    return larger(unit, smaller(for_balance, smaller(by_bytes, gated_tiles)) / unit * unit);
}

void multiply_gated_on_pool(struct worker_pool *pool, const struct kernel_table *kernels,
                            const struct gated_product *product, const struct multiply_rows *rows) {
    if (rows->count == 0) return;
    struct gated_product part = *product;
    struct gated_multiplication work = {.pool = pool, .kernels = kernels, .product = &part, .rows = rows};
    work.layout.tiles = tile_count(product->gate.rows);
    work.layout.tiles_per_chunk = gated_tiles_per_chunk(&part, rows->count, worker_pool_thread_count(pool));
    if (work.layout.tiles_per_chunk == 0) {
        part.blocks = NULL;
        work.layout.tiles_per_chunk = gated_tiles_per_chunk(&part, rows->count, worker_pool_thread_count(pool));
    }
    work.layout.chunks = divided_up(work.layout.tiles, work.layout.tiles_per_chunk);
    const size_t limit = smaller(row_limit(&product->gate), row_limit(&product->up));
    work.rows_per_chunk =
        balanced_rows(rows->count, smaller(limit, gated_row_limit(work.layout.tiles_per_chunk)));
    worker_pool_run(pool, work.layout.chunks * divided_up(rows->count, work.rows_per_chunk), multiply_gated_chunk,
                    &work);
    if (product->blocks && !part.blocks)
        quantize_on_pool(pool, kernels, rows->count, product->gate.rows, product->group_columns,
                         (const float *const *)product->values, product->blocks);
}

void quantize_whole_row(const struct kernel_table *kernels, const float *values, size_t columns, size_t group_columns,
                        struct activation_block *blocks) {
    kernels->quantize_row(values, columns, group_columns, blocks);
    clear_odd_block(blocks, columns);
}

enum { quantized_rows_per_chunk = 4 };

struct quantization {
    const struct kernel_table *kernels;
    size_t row_count, columns, group_columns;
    const float *const *rows;
    struct activation_block *const *blocks;
};

static void quantize_chunk(void *context, size_t chunk, size_t worker) {
    (void)worker;
    const struct quantization *work = context;
    const size_t first = chunk * quantized_rows_per_chunk;
    for (size_t row = first; row < smaller(first + quantized_rows_per_chunk, work->row_count); row++)
        quantize_whole_row(work->kernels, work->rows[row], work->columns, work->group_columns, work->blocks[row]);
}

void quantize_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, size_t row_count, size_t columns,
                      size_t group_columns, const float *const *rows, struct activation_block *const *blocks) {
    struct quantization work = {kernels, row_count, columns, group_columns, rows, blocks};
    worker_pool_run(pool, divided_up(row_count, quantized_rows_per_chunk), quantize_chunk, &work);
}
