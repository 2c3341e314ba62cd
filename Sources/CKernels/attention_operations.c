#include "CKernels.h"
#include "sizes.h"

struct attention_work {
    struct worker_pool *pool;
    const struct kernel_table *kernels;
    const struct attention_plan *plan;
    size_t rows_per_task, heads_per_chunk, chunks;
};

static size_t chunks_per_row_tile(const struct attention_work *work) {
    return divided_up(work->plan->layout.kv_head_count, work->heads_per_chunk);
}

static size_t chunk_count(const struct attention_work *work, const struct attention_sequence *sequence) {
    return divided_up(sequence->row_count, work->rows_per_task) * chunks_per_row_tile(work);
}

/// A chunk's first task.
static struct attention_task find_task(const struct attention_work *work, size_t chunk) {
    const struct attention_sequence *sequence = work->plan->sequences;
    while (chunk >= chunk_count(work, sequence)) chunk -= chunk_count(work, sequence++);
    const size_t per_tile = chunks_per_row_tile(work);
    // Last rows first: they see most positions.
    const size_t tile = (sequence->row_count - 1) / work->rows_per_task - chunk / per_tile;
    const size_t first = tile * work->rows_per_task;
    return (struct attention_task){
        .sequence = sequence,
        .first_row = first,
        .row_count = smaller(work->rows_per_task, sequence->row_count - first),
        .kv_head = chunk % per_tile * work->heads_per_chunk,
    };
}

static void attend_chunk(void *context, size_t chunk, size_t worker) {
    const struct attention_work *work = context;
    struct attention_task task = find_task(work, chunk);
    const size_t end = smaller(task.kv_head + work->heads_per_chunk, work->plan->layout.kv_head_count);
    // Workers take chunks in turn.
    const size_t ahead = chunk + worker_pool_thread_count(work->pool);
    for (; task.kv_head < end; task.kv_head++) {
        struct attention_task next = task;
        next.kv_head++;
        const bool is_last = next.kv_head == end;
        if (is_last && ahead < work->chunks) next = find_task(work, ahead);
        task.next = is_last && ahead >= work->chunks ? NULL : &next;
        work->kernels->attend(work->plan, &task, worker_pool_scratch(work->pool, worker));
    }
}

/// Heads of single rows, one after the other: a worker then knows for sure what it needs next.
static size_t heads_per_chunk(const struct attention_plan *plan, size_t threads) {
    for (size_t i = 0; i < plan->sequence_count; i++)
        if (plan->sequences[i].row_count > 1) return 1;
    const size_t for_balance = plan->sequence_count * plan->layout.kv_head_count / (threads * 8);
    return smaller(larger(1, for_balance), plan->layout.kv_head_count);
}

void attend_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, const struct attention_plan *plan) {
    const size_t group = plan->head_count / plan->layout.kv_head_count;
    struct attention_work work = {.pool = pool, .kernels = kernels, .plan = plan};
    work.rows_per_task = group < attention_query_limit ? attention_query_limit / group : 1;
    work.heads_per_chunk = heads_per_chunk(plan, worker_pool_thread_count(pool));
    for (size_t i = 0; i < plan->sequence_count; i++) work.chunks += chunk_count(&work, &plan->sequences[i]);
    worker_pool_run(pool, work.chunks, attend_chunk, &work);
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
    const size_t heads = work->store->layout.kv_head_count;
    const size_t first = chunk / heads * stored_rows_per_chunk;
    const size_t count = smaller(stored_rows_per_chunk, work->store->row_count - first);
    work->kernels->store_kv(work->store, first, count, chunk % heads);
}

void store_kv_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, const struct kv_store *store) {
    struct store_work work = {kernels, store};
    const size_t row_chunks = divided_up(store->row_count, stored_rows_per_chunk);
    worker_pool_run(pool, row_chunks * store->layout.kv_head_count, store_chunk, &work);
}
