#include "CKernels.h"

struct attention_work {
    struct worker_pool *pool;
    const struct kernel_table *kernels;
    const struct attention_plan *plan;
    size_t rows_per_task;
};

static size_t task_count(const struct attention_work *work, const struct attention_sequence *sequence) {
    return (sequence->row_count + work->rows_per_task - 1) / work->rows_per_task * work->plan->layout.kv_head_count;
}

static void attend_chunk(void *context, size_t chunk, size_t worker) {
    const struct attention_work *work = context;
    const struct attention_sequence *sequence = work->plan->sequences;
    while (chunk >= task_count(work, sequence)) chunk -= task_count(work, sequence++);
    const size_t kv_heads = work->plan->layout.kv_head_count;
    // Last rows first: they see most positions.
    const size_t tile = (sequence->row_count - 1) / work->rows_per_task - chunk / kv_heads;
    const size_t first = tile * work->rows_per_task;
    const size_t left = sequence->row_count - first;
    const struct attention_task task = {
        .sequence = sequence,
        .first_row = first,
        .row_count = left < work->rows_per_task ? left : work->rows_per_task,
        .kv_head = chunk % kv_heads,
    };
    work->kernels->attend(work->plan, &task, worker_pool_scratch(work->pool, worker));
}

void attend_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, const struct attention_plan *plan) {
    const size_t group = plan->head_count / plan->layout.kv_head_count;
    struct attention_work work = {.pool = pool, .kernels = kernels, .plan = plan};
    work.rows_per_task = group < attention_query_limit ? attention_query_limit / group : 1;
    size_t tasks = 0;
    for (size_t i = 0; i < plan->sequence_count; i++) tasks += task_count(&work, &plan->sequences[i]);
    worker_pool_run(pool, tasks, attend_chunk, &work);
}

// Half a cache block: a chunk's keys of one head are written to the same cache lines.
enum { stored_rows_per_chunk = 16 };

struct store_work {
    const struct kernel_table *kernels;
    const struct kv_store *store;
};

static void store_chunk(void *context, size_t chunk, size_t worker) {
    (void)worker;
    const struct store_work *work = context;
    const size_t first = chunk * stored_rows_per_chunk;
    const size_t left = work->store->row_count - first;
    work->kernels->store_kv(work->store, first, left < stored_rows_per_chunk ? left : stored_rows_per_chunk);
}

void store_kv_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, const struct kv_store *store) {
    struct store_work work = {kernels, store};
    const size_t chunks = (store->row_count + stored_rows_per_chunk - 1) / stored_rows_per_chunk;
    worker_pool_run(pool, chunks, store_chunk, &work);
}
