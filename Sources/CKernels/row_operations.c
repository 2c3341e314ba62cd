#include "CKernels.h"

// Elementwise work is cut into chunks of a few rows, enough to be worth a chunk; little of it runs on the caller alone.

enum { chunk_elements = 4096 };

struct row_work {
    const struct kernel_table *kernels;
    struct float_rows first, second, third;
    const float *weight;
    float epsilon;
    struct head_rotation rotations[2];
    struct activation_block *const *blocks;
    size_t group_columns;
    size_t rows_per_chunk;
    size_t choices;
    bool renormalizes;
    int32_t *experts;
    float *shares;
    void (*row)(const struct row_work *work, size_t row);
};

static float *at(struct float_rows rows, size_t row) { return rows.values + row * rows.stride; }

static void run_chunk(void *context, size_t chunk, size_t worker) {
    (void)worker;
    const struct row_work *work = context;
    const size_t first = chunk * work->rows_per_chunk;
    for (size_t row = first; row < first + work->rows_per_chunk && row < work->first.row_count; row++)
        work->row(work, row);
}

static void run_rows(struct worker_pool *pool, struct row_work *work) {
    const size_t rows = chunk_elements / (work->first.columns + 1);
    work->rows_per_chunk = rows > 1 ? rows : 1;
    worker_pool_run(pool, (work->first.row_count + work->rows_per_chunk - 1) / work->rows_per_chunk, run_chunk, work);
}

static void normalize_row(const struct row_work *work, size_t row) {
    work->kernels->elementwise.normalize(at(work->first, row), work->weight, work->first.columns, work->epsilon,
                                         at(work->second, row));
}

void normalize_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, struct float_rows input,
                       const float *weight, float epsilon, struct float_rows output) {
    struct row_work work = {.kernels = kernels,
                            .first = input,
                            .second = output,
                            .weight = weight,
                            .epsilon = epsilon,
                            .row = normalize_row};
    run_rows(pool, &work);
}

static void advance_residual_row(const struct row_work *work, size_t row) {
    float *stream = at(work->first, row), *output = at(work->third, row);
    const size_t columns = work->first.columns;
    if (work->second.values) work->kernels->elementwise.add(stream, at(work->second, row), columns);
    work->kernels->elementwise.normalize(stream, work->weight, columns, work->epsilon, output);
    if (work->blocks) quantize_whole_row(work->kernels, output, columns, work->group_columns, work->blocks[row]);
}

void advance_residual_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, struct residual_step step) {
    struct row_work work = {.kernels = kernels,
                            .first = step.stream,
                            .second = step.addend,
                            .third = step.output,
                            .weight = step.weight,
                            .epsilon = step.epsilon,
                            .blocks = step.blocks,
                            .group_columns = step.group_columns,
                            .row = advance_residual_row};
    run_rows(pool, &work);
}

static void rotate_row_of(const struct row_work *work, const struct head_rotation *rotation, size_t row) {
    const size_t dimension = rotation->head_dimension, half = dimension / 2;
    const size_t angle = (size_t)rotation->positions[row] * half;
    for (size_t start = 0; start < rotation->rows.columns; start += dimension) {
        float *head = at(rotation->rows, row) + start;
        if (rotation->weight)
            work->kernels->elementwise.normalize(head, rotation->weight, dimension, rotation->epsilon, head);
        work->kernels->elementwise.rotate(head, rotation->cosines + angle, rotation->sines + angle, half);
    }
}

static void rotate_row(const struct row_work *work, size_t row) {
    for (int i = 0; i < 2; i++)
        if (work->rotations[i].rows.values) rotate_row_of(work, &work->rotations[i], row);
}

void rotate_heads_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, struct head_rotation queries,
                          struct head_rotation keys) {
    struct row_work work = {
        .kernels = kernels, .first = queries.rows, .rotations = {queries, keys}, .row = rotate_row};
    run_rows(pool, &work);
}

static void add_row(const struct row_work *work, size_t row) {
    work->kernels->elementwise.add(at(work->first, row), at(work->second, row), work->first.columns);
}

void add_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, struct float_rows accumulator,
                 struct float_rows addend) {
    struct row_work work = {.kernels = kernels, .first = accumulator, .second = addend, .row = add_row};
    run_rows(pool, &work);
}

static void route_row(const struct row_work *work, size_t row) {
    float *probabilities = at(work->first, row);
    int32_t *experts = work->experts + row * work->choices;
    float *shares = work->shares + row * work->choices;
    work->kernels->elementwise.softmax(probabilities, work->first.columns);
    select_largest(probabilities, work->first.columns, work->choices, experts);
    float sum = 0;
    for (size_t rank = 0; rank < work->choices; rank++) {
        shares[rank] = probabilities[experts[rank]];
        sum += shares[rank];
    }
    if (!work->renormalizes) return;
    for (size_t rank = 0; rank < work->choices; rank++) shares[rank] /= sum;
}

void route_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, struct float_rows logits,
                   size_t choices, bool renormalizes, int32_t *experts, float *shares) {
    struct row_work work = {.kernels = kernels,
                            .first = logits,
                            .choices = choices,
                            .renormalizes = renormalizes,
                            .experts = experts,
                            .shares = shares,
                            .row = route_row};
    run_rows(pool, &work);
}
