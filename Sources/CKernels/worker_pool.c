#define _GNU_SOURCE
#include "worker_pool.h"

#include "CKernels.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { cache_line = 64, spin_nanoseconds = 50 * 1000, pauses_between_clock_reads = 64 };

// A ticket is a region's number (high half) and how many of its chunks nobody has claimed yet (low half). Whoever
// claims a chunk may read the region's description: it stays until all claimed chunks are finished.

struct worker {
    struct worker_pool *pool;
    size_t index;
    pthread_t thread;
};

struct worker_pool {
    _Alignas(cache_line) _Atomic uint64_t ticket;
    _Alignas(cache_line) _Atomic size_t unfinished;
    _Alignas(cache_line) _Atomic size_t sleepers;
    _Atomic bool stopping;
    worker_body body;
    void *context;
    size_t chunk_count;
    uint64_t region;
    pthread_mutex_t mutex;
    pthread_cond_t work_arrived;
    size_t thread_count;
    size_t started_count;
    int pinned;
    struct worker *workers;
    uint8_t *scratch;
};

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static uint64_t nanoseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static bool has_chunks(uint64_t ticket) { return (uint32_t)ticket != 0; }

static void run_chunks(struct worker_pool *pool, size_t worker) {
    uint64_t ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
    while (has_chunks(ticket)) {
        if (!atomic_compare_exchange_weak_explicit(&pool->ticket, &ticket, ticket - 1, memory_order_acq_rel,
                                                   memory_order_acquire))
            continue;
        pool->body(pool->context, pool->chunk_count - (uint32_t)ticket, worker);
        atomic_fetch_sub_explicit(&pool->unfinished, 1, memory_order_release);
        ticket = atomic_load_explicit(&pool->ticket, memory_order_acquire);
    }
}

static bool is_idle(struct worker_pool *pool) {
    return !has_chunks(atomic_load(&pool->ticket)) && !atomic_load(&pool->stopping);
}

/// Spins, then sleeps, until there is work or the pool stops.
static void await_work(struct worker_pool *pool) {
    const uint64_t deadline = nanoseconds() + spin_nanoseconds;
    do {
        for (int i = 0; i < pauses_between_clock_reads; i++) {
            if (!is_idle(pool)) return;
            pause_briefly();
        }
    } while (nanoseconds() < deadline);
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    while (is_idle(pool)) pthread_cond_wait(&pool->work_arrived, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
}

/// Keeps worker i on the i-th processor that the process may use.
static void pin(size_t index) {
#if defined(__linux__)
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) == 0) return;
    size_t skip = index % (size_t)CPU_COUNT(&allowed);
    for (size_t processor = 0; processor < CPU_SETSIZE; processor++) {
        if (!CPU_ISSET(processor, &allowed) || skip-- != 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(processor, &one);
        sched_setaffinity(0, sizeof one, &one);
        return;
    }
#else
    (void)index;
#endif
}

static void *worker_main(void *argument) {
    struct worker *worker = argument;
    struct worker_pool *pool = worker->pool;
    if (pool->pinned) pin(worker->index);
    while (!atomic_load(&pool->stopping)) {
        run_chunks(pool, worker->index);
        await_work(pool);
    }
    return NULL;
}

static void release(struct worker_pool *pool) {
    pthread_cond_destroy(&pool->work_arrived);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->workers);
    free(pool->scratch);
    free(pool);
}

struct worker_pool *worker_pool_create(size_t thread_count, int pinned) {
    if (thread_count == 0 || thread_count > 1024) return NULL;
    struct worker_pool *pool = aligned_alloc(cache_line, sizeof *pool);
    if (!pool) return NULL;
    *pool = (struct worker_pool){.thread_count = thread_count, .started_count = 1, .pinned = pinned};
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work_arrived, NULL);
    pool->workers = calloc(thread_count, sizeof *pool->workers);
    pool->scratch = aligned_alloc(4096, thread_count * kernel_scratch_bytes);
    if (!pool->workers || !pool->scratch) {
        release(pool);
        return NULL;
    }
    for (size_t index = 1; index < thread_count; index++) {
        struct worker *worker = &pool->workers[index];
        *worker = (struct worker){.pool = pool, .index = index};
        if (pthread_create(&worker->thread, NULL, worker_main, worker) != 0) {
            worker_pool_destroy(pool);
            return NULL;
        }
        pool->started_count = index + 1;
    }
    return pool;
}

void worker_pool_destroy(struct worker_pool *pool) {
    pthread_mutex_lock(&pool->mutex);
    atomic_store(&pool->stopping, true);
    pthread_cond_broadcast(&pool->work_arrived);
    pthread_mutex_unlock(&pool->mutex);
    for (size_t index = 1; index < pool->started_count; index++) pthread_join(pool->workers[index].thread, NULL);
    release(pool);
}

size_t worker_pool_thread_count(const struct worker_pool *pool) { return pool->thread_count; }

void *worker_pool_scratch(const struct worker_pool *pool, size_t worker) {
    return pool->scratch + worker * kernel_scratch_bytes;
}

void worker_pool_run(struct worker_pool *pool, size_t chunk_count, worker_body body, void *context) {
    if (pool->thread_count == 1 || chunk_count <= 1 || chunk_count > UINT32_MAX) {
        for (size_t chunk = 0; chunk < chunk_count; chunk++) body(context, chunk, 0);
        return;
    }
    pool->body = body;
    pool->context = context;
    pool->chunk_count = chunk_count;
    pool->region = (pool->region + 1) & UINT32_MAX;
    atomic_store_explicit(&pool->unfinished, chunk_count, memory_order_relaxed);
    atomic_store(&pool->ticket, pool->region << 32 | chunk_count);
    if (atomic_load(&pool->sleepers) > 0) {
        pthread_mutex_lock(&pool->mutex);
        pthread_cond_broadcast(&pool->work_arrived);
        pthread_mutex_unlock(&pool->mutex);
    }
    run_chunks(pool, 0);
    for (unsigned waits = 0; atomic_load_explicit(&pool->unfinished, memory_order_acquire) != 0; waits++) {
        pause_briefly();
        // A worker may have lost its processor to another thread in the middle of a chunk.
        if (waits % 4096 == 4095) sched_yield();
    }
}
