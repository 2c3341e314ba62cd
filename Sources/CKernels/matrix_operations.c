#include "CKernels.h"

// How a product is cut for the workers: by tiles and, so that a chunk's rows stay in the second-level cache, by rows.
// Never along the columns.

enum { row_block_bytes = 384 * 1024, weight_chunk_bytes = 48 * 1024, few_rows = 8, some_rows = 64 };

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static size_t larger(size_t a, size_t b) { return a > b ? a : b; }
static size_t divided_up(size_t count, size_t by) { return (count + by - 1) / by; }

static size_t rows_per_chunk(const struct weight_tiles *weights) {
    const size_t row_bytes = weight_format_is_quantized(weights->format)
                                 ? activation_block_count(weights->columns) * sizeof(struct activation_block)
                                 : weights->columns * sizeof(float);
    // A multiple of 24 suits kernels that take 6, 8 or 12 rows at a time.
    return larger(24, row_block_bytes / larger(row_bytes, 1) / 24 * 24);
}

static size_t tiles_per_chunk(const struct weight_tiles *weights, size_t row_count, size_t threads) {
    if (row_count > some_rows) return 2;
    const size_t by_bytes = larger(1, weight_chunk_bytes / larger(weights->tile_bytes, 1));
    const size_t for_balance = larger(1, tile_count(weights->rows) / (threads * 4));
    const size_t tiles = smaller(by_bytes, for_balance);
    // Beyond a few rows tiles are multiplied in pairs.
    return row_count > few_rows ? larger(2, tiles / 2 * 2) : tiles;
}

static struct multiply_rows slice(const struct multiply_rows *rows, size_t first, size_t count) {
    return (struct multiply_rows){
        .count = count,
        .values = rows->values ? rows->values + first : NULL,
        .blocks = rows->blocks ? rows->blocks + first : NULL,
        .results = rows->results + first,
    };
}

struct multiplication {
    struct worker_pool *pool;
    const struct kernel_table *kernels;
    const struct weight_tiles *weights;
    const struct multiply_rows *rows;
    size_t tiles_per_chunk, rows_per_chunk, tile_chunks;
};

/// Workers take chunks in turn, so that a worker's next one is as many chunks ahead as there are workers.
static const void *next_tiles(const struct multiplication *work, size_t first_tile) {
    const size_t tiles = tile_count(work->weights->rows);
    const size_t ahead = first_tile + work->tiles_per_chunk * worker_pool_thread_count(work->pool);
    if (ahead + work->tiles_per_chunk > tiles) return NULL;
    return (const uint8_t *)work->weights->data + ahead * work->weights->tile_bytes;
}

static void multiply_chunk(void *context, size_t chunk, size_t worker) {
    const struct multiplication *work = context;
    const size_t first_tile = chunk % work->tile_chunks * work->tiles_per_chunk;
    const size_t first_row = chunk / work->tile_chunks * work->rows_per_chunk;
    const size_t tiles = smaller(work->tiles_per_chunk, tile_count(work->weights->rows) - first_tile);
    const struct multiply_rows rows =
        slice(work->rows, first_row, smaller(work->rows_per_chunk, work->rows->count - first_row));
    work->kernels->multiply_tiles(work->weights, first_tile, tiles, &rows, next_tiles(work, first_tile),
                                  worker_pool_scratch(work->pool, worker));
}

void multiply_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, const struct weight_tiles *weights,
                      const struct multiply_rows *rows) {
    if (rows->count == 0 || weights->rows == 0) return;
    struct multiplication work = {.pool = pool, .kernels = kernels, .weights = weights, .rows = rows};
    work.tiles_per_chunk = tiles_per_chunk(weights, rows->count, worker_pool_thread_count(pool));
    work.rows_per_chunk = rows_per_chunk(weights);
    work.tile_chunks = divided_up(tile_count(weights->rows), work.tiles_per_chunk);
    const size_t row_chunks = divided_up(rows->count, work.rows_per_chunk);
    worker_pool_run(pool, work.tile_chunks * row_chunks, multiply_chunk, &work);
}

enum { quantized_rows_per_chunk = 4 };

struct quantization {
    const struct kernel_table *kernels;
    size_t row_count, columns;
    const float *const *rows;
    struct activation_block *const *blocks;
};

static void quantize_chunk(void *context, size_t chunk, size_t worker) {
    (void)worker;
    const struct quantization *work = context;
    const size_t first = chunk * quantized_rows_per_chunk;
    for (size_t row = first; row < smaller(first + quantized_rows_per_chunk, work->row_count); row++)
        work->kernels->quantize_row(work->rows[row], work->columns, work->blocks[row]);
}

void quantize_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, size_t row_count, size_t columns,
                      const float *const *rows, struct activation_block *const *blocks) {
    struct quantization work = {kernels, row_count, columns, rows, blocks};
    worker_pool_run(pool, divided_up(row_count, quantized_rows_per_chunk), quantize_chunk, &work);
}
