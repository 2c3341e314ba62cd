#include "CKernels.h"

// One parallel region per stage for all experts of a layer. Slots, (row, choice) pairs, are ordered by expert, so that
// an expert's weights are read once for all its rows. A chunk is some tiles of one expert, with all the expert's rows.

struct expert_work {
    struct worker_pool *pool;
    const struct kernel_table *kernels;
    const struct expert_plan *plan;
    size_t chunks_per_expert, tiles_per_chunk;
    size_t inner, hidden;
};

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static void order_slots_by_expert(const struct expert_plan *plan) {
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
}

/// The expert, its slots and the tiles that a chunk stands for; false when nobody chose the expert.
static bool find_chunk(const struct expert_work *work, size_t chunk, size_t tiles, size_t *expert, size_t *first_slot,
                       size_t *slots, size_t *first_tile, size_t *chunk_tiles) {
    *expert = chunk / work->chunks_per_expert;
    *first_slot = work->plan->expert_starts[*expert];
    *slots = work->plan->expert_starts[*expert + 1] - *first_slot;
    *first_tile = chunk % work->chunks_per_expert * work->tiles_per_chunk;
    *chunk_tiles = smaller(work->tiles_per_chunk, tiles - *first_tile);
    return *slots > 0;
}

static void gate_and_up_chunk(void *context, size_t chunk, size_t worker) {
    const struct expert_work *work = context;
    const struct expert_plan *plan = work->plan;
    size_t expert, first_slot, slots, first_tile, tiles;
    if (!find_chunk(work, chunk, tile_count(work->inner), &expert, &first_slot, &slots, &first_tile, &tiles)) return;
    void *scratch = worker_pool_scratch(work->pool, worker);
    struct multiply_rows rows = {
        .count = slots,
        .values = plan->slot_inputs + first_slot,
        .blocks = (const struct activation_block *const *)(plan->slot_input_blocks + first_slot),
        .results = plan->slot_gates + first_slot,
    };
    work->kernels->multiply_tiles(&plan->gate[expert], first_tile, tiles, &rows, scratch);
    rows.results = plan->slot_ups + first_slot;
    work->kernels->multiply_tiles(&plan->up[expert], first_tile, tiles, &rows, scratch);
    const size_t first = first_tile * tile_rows;
    const size_t count = smaller(tiles * tile_rows, work->inner - first);
    for (size_t slot = first_slot; slot < first_slot + slots; slot++) {
        float *gate = plan->slot_gates[slot] + first;
        work->kernels->elementwise.activate(gate, plan->slot_ups[slot] + first, count, gate);
    }
}

static void down_chunk(void *context, size_t chunk, size_t worker) {
    const struct expert_work *work = context;
    const struct expert_plan *plan = work->plan;
    size_t expert, first_slot, slots, first_tile, tiles;
    if (!find_chunk(work, chunk, tile_count(work->hidden), &expert, &first_slot, &slots, &first_tile, &tiles)) return;
    const struct multiply_rows rows = {
        .count = slots,
        .values = (const float *const *)(plan->slot_gates + first_slot),
        .blocks = (const struct activation_block *const *)(plan->slot_gate_blocks + first_slot),
        .results = plan->slot_outputs + first_slot,
    };
    work->kernels->multiply_tiles(&plan->down[expert], first_tile, tiles, &rows,
                                  worker_pool_scratch(work->pool, worker));
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

static void run_stage(struct expert_work *work, const struct weight_tiles *weights, worker_body body) {
    // About a kilobyte a row: enough work for a chunk, enough chunks for all workers.
    const size_t chunk_bytes = 64 * 1024;
    work->tiles_per_chunk = weights->tile_bytes >= chunk_bytes ? 1 : chunk_bytes / weights->tile_bytes;
    if (work->tiles_per_chunk > 1) work->tiles_per_chunk &= ~(size_t)1;
    work->chunks_per_expert = (tile_count(weights->rows) + work->tiles_per_chunk - 1) / work->tiles_per_chunk;
    worker_pool_run(work->pool, work->plan->expert_count * work->chunks_per_expert, body, work);
}

void multiply_experts_on_pool(struct worker_pool *pool, const struct kernel_table *kernels,
                              const struct expert_plan *plan) {
    if (plan->row_count == 0 || plan->expert_count == 0) return;
    struct expert_work work = {
        .pool = pool, .kernels = kernels, .plan = plan, .inner = plan->gate->rows, .hidden = plan->down->rows};
    order_slots_by_expert(plan);
    if (weight_format_is_quantized(plan->gate->format) || weight_format_is_quantized(plan->up->format))
        quantize_on_pool(pool, kernels, plan->row_count, plan->gate->columns, plan->inputs, plan->input_blocks);
    run_stage(&work, plan->gate, gate_and_up_chunk);
    if (weight_format_is_quantized(plan->down->format))
        quantize_on_pool(pool, kernels, plan->row_count * plan->choices, work.inner,
                         (const float *const *)plan->slot_gates, plan->slot_gate_blocks);
    run_stage(&work, plan->down, down_chunk);
    worker_pool_run(pool, plan->row_count, combine_row, &work);
}
