#ifndef PONDER_WORKER_POOL_H
#define PONDER_WORKER_POOL_H

#include <stddef.h>

/// Threads that run the chunks of one parallel region after another. The thread that calls `worker_pool_run` is worker
/// 0; it must be the same or be the only one at a time. Between regions the others spin some 50 microseconds, then
/// sleep.
struct worker_pool;

/// What a region does: called once for each chunk, on any worker.
typedef void (*worker_body)(void *context, size_t chunk, size_t worker);

/// A pool of `thread_count` workers, the caller included; null when a thread or memory is refused.
/// With `pinned`, each worker but the caller stays on one of the processors that the process may use.
struct worker_pool *worker_pool_create(size_t thread_count, int pinned);

/// Ends and joins the threads. No region may be running.
void worker_pool_destroy(struct worker_pool *pool);

size_t worker_pool_thread_count(const struct worker_pool *pool);

/// Runs body(context, chunk, worker) for every chunk in 0..<chunk_count and returns when all are done.
void worker_pool_run(struct worker_pool *pool, size_t chunk_count, worker_body body, void *context);

/// kernel_scratch_bytes of memory that only this worker uses, 64-byte aligned.
void *worker_pool_scratch(const struct worker_pool *pool, size_t worker);

#endif
