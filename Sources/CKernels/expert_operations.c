#include "CKernels.h"
#include "sizes.h"

// One parallel region per stage for all experts of a layer. Slots, (row, choice) pairs, are ordered by expert, so that
// an expert's weights are read once for all its rows. A chunk is some tiles of one expert, with all the expert's rows.

struct expert_work {
    struct worker_pool *pool;
    const struct kernel_table *kernels;
    const struct expert_plan *plan;
    size_t visited_count, chunks_per_expert, tiles_per_chunk;
    size_t inner, hidden;
    bool quantizes_gates;
};

/// Tiles that are multiplied side by side.
enum { pair_of_tiles = 2 };

/// Answers how many experts have slots.
static size_t order_slots_by_expert(const struct expert_plan *plan) {
    const size_t choice_count = plan->row_count * plan->choices;
    for (size_t expert = 0; expert <= plan->expert_count; expert++) plan->expert_starts[expert] = 0;
    for (size_t choice = 0; choice < choice_count; choice++) plan->expert_starts[plan->experts[choice] + 1]++;
    for (size_t expert = 0; expert < plan->expert_count; expert++)
        plan->expert_starts[expert + 1] += plan->expert_starts[expert];
    // Filling moves each start to the next expert's; the loop after it moves them back.
    for (size_t choice = 0; choice < choice_count; choice++) {
        const size_t row = choice / plan->choices;
        const size_t slot = plan->expert_starts[plan->experts[choice]]++;
        plan->slot_of_choice[choice] = slot;
        plan->slot_inputs[slot] = plan->inputs[row];
        plan->slot_input_blocks[slot] = plan->input_blocks[row];
    }
    for (size_t expert = plan->expert_count; expert > 0; expert--)
        plan->expert_starts[expert] = plan->expert_starts[expert - 1];
    plan->expert_starts[0] = 0;
    size_t visited = 0;
    for (size_t expert = 0; expert < plan->expert_count; expert++)
        if (plan->expert_starts[expert] < plan->expert_starts[expert + 1]) plan->visited_experts[visited++] = expert;
    return visited;
}

/// What a chunk stands for: some tiles of one expert's matrices, and all of the expert's slots.
struct expert_chunk {
    size_t expert, first_slot, slots, first_tile, tiles;
};

static struct expert_chunk find_chunk(const struct expert_work *work, size_t chunk, size_t matrix_tiles) {
    const size_t expert = work->plan->visited_experts[chunk / work->chunks_per_expert];
    const size_t first_slot = work->plan->expert_starts[expert];
    const size_t first_tile = chunk % work->chunks_per_expert * work->tiles_per_chunk;
    return (struct expert_chunk){
        .expert = expert,
        .first_slot = first_slot,
        .slots = work->plan->expert_starts[expert + 1] - first_slot,
        .first_tile = first_tile,
        .tiles = smaller(work->tiles_per_chunk, matrix_tiles - first_tile),
    };
}

static const void *tiles_at(const struct weight_tiles *weights, size_t tile) {
    return (const uint8_t *)weights->data + tile * weights->tile_bytes;
}

/// Where a worker's next chunk probably begins: as many chunks ahead as there are workers.
static const void *next_chunk_tiles(const struct expert_work *work, size_t chunk, const struct weight_tiles *experts) {
    const size_t ahead = chunk + worker_pool_thread_count(work->pool);
    if (ahead >= work->visited_count * work->chunks_per_expert) return NULL;
    const struct expert_chunk next = find_chunk(work, ahead, tile_count(experts->rows));
    return next.tiles < 2 ? NULL : tiles_at(&experts[next.expert], next.first_tile);
}

static void gate_and_up_chunk(void *context, size_t chunk, size_t worker) {
    const struct expert_work *work = context;
    const struct expert_plan *plan = work->plan;
    const struct expert_chunk part = find_chunk(work, chunk, tile_count(work->inner));
    const struct gated_product product = {
        .gate = plan->gate[part.expert],
        .up = plan->up[part.expert],
        .values = plan->slot_gates + part.first_slot,
        .blocks = work->quantizes_gates ? plan->slot_gate_blocks + part.first_slot : NULL,
        .group_columns = activation_group_columns(plan->down->format),
    };
    const struct multiply_rows rows = {
        .count = part.slots,
        .values = plan->slot_inputs + part.first_slot,
        .blocks = (const struct activation_block *const *)(plan->slot_input_blocks + part.first_slot),
    };
    multiply_gated_tiles(work->kernels, &product, part.first_tile, part.tiles, &rows,
                         next_chunk_tiles(work, chunk, plan->gate), worker_pool_scratch(work->pool, worker));
}

static void down_chunk(void *context, size_t chunk, size_t worker) {
    const struct expert_work *work = context;
    const struct expert_plan *plan = work->plan;
    const struct expert_chunk part = find_chunk(work, chunk, tile_count(work->hidden));
    const struct multiply_rows rows = {
        .count = part.slots,
        .values = (const float *const *)(plan->slot_gates + part.first_slot),
        .blocks = (const struct activation_block *const *)(plan->slot_gate_blocks + part.first_slot),
        .results = plan->slot_outputs + part.first_slot,
    };
    work->kernels->multiply_tiles(&plan->down[part.expert], part.first_tile, part.tiles, &rows,
                                  next_chunk_tiles(work, chunk, plan->down), worker_pool_scratch(work->pool, worker));
}

static void combine_row(void *context, size_t row, size_t worker) {
    (void)worker;
    const struct expert_work *work = context;
    const struct expert_plan *plan = work->plan;
    float *output = plan->outputs[row];
    for (size_t i = 0; i < work->hidden; i++) output[i] = 0;
    for (size_t rank = 0; rank < plan->choices; rank++) {
        const size_t choice = row * plan->choices + rank;
        work->kernels->elementwise.add_scaled(output, plan->slot_outputs[plan->slot_of_choice[choice]],
                                              plan->shares[choice], work->hidden);
    }
}

/// Chunks of a whole number of `unit` tiles.
static void cut(struct expert_work *work, const struct weight_tiles *weights, size_t unit) {
    // Long enough for memory to keep up, short enough for all workers to have some.
    const size_t chunk_bytes = 128 * 1024;
    const size_t units = chunk_bytes / (unit * weights->tile_bytes);
    work->tiles_per_chunk = unit * larger(units, 1);
    work->chunks_per_expert = divided_up(tile_count(weights->rows), work->tiles_per_chunk);
}

static size_t chunk_count(const struct expert_work *work) { return work->visited_count * work->chunks_per_expert; }

/// Gates are quantised where they are computed, unless whole groups of columns leave workers without a chunk.
static void multiply_gates_and_ups(struct expert_work *work) {
    const struct expert_plan *plan = work->plan;
    const bool wants_blocks = weight_format_is_quantized(plan->down->format);
    const size_t group_columns = activation_group_columns(plan->down->format);
    cut(work, plan->gate, wants_blocks ? group_columns / tile_rows : pair_of_tiles);
    work->quantizes_gates = wants_blocks && chunk_count(work) >= 2 * worker_pool_thread_count(work->pool);
    if (!work->quantizes_gates) cut(work, plan->gate, pair_of_tiles);
    worker_pool_run(work->pool, chunk_count(work), gate_and_up_chunk, work);
    if (wants_blocks && !work->quantizes_gates)
        quantize_on_pool(work->pool, work->kernels, plan->row_count * plan->choices, work->inner, group_columns,
                         (const float *const *)plan->slot_gates, plan->slot_gate_blocks);
}

static void multiply_downs(struct expert_work *work) {
    cut(work, work->plan->down, pair_of_tiles);
    worker_pool_run(work->pool, chunk_count(work), down_chunk, work);
}

size_t multiply_experts_on_pool(struct worker_pool *pool, const struct kernel_table *kernels,
                              const struct expert_plan *plan) {
    if (plan->row_count == 0 || plan->expert_count == 0) return 0;
    struct expert_work work = {
        .pool = pool, .kernels = kernels, .plan = plan, .inner = plan->gate->rows, .hidden = plan->down->rows};
    work.visited_count = order_slots_by_expert(plan);
    multiply_gates_and_ups(&work);
    multiply_downs(&work);
    worker_pool_run(pool, plan->row_count, combine_row, &work);
    return work.visited_count;
}
