#ifndef PONDER_REFERENCE_KERNELS_H
#define PONDER_REFERENCE_KERNELS_H

#include "../kernel_tables.h"
#include "../tile_layout.h"

// The specification: plain loops that every other table must equal bit for bit.

void reference_quantize_row(const float *values, size_t columns, size_t group_columns, struct activation_block *blocks);
void reference_multiply_tiles(const struct weight_tiles *weights, size_t first_tile, size_t tile_count,
                              const struct multiply_rows *rows, const void *next_tiles, void *scratch);
void reference_store_kv(const struct kv_store *store, size_t first_row, size_t row_count, size_t kv_head);
void reference_attend(const struct attention_plan *plan, const struct attention_task *task, void *scratch);
float reference_find_maxima(const float *values, size_t count, float *maxima);
uint64_t reference_find_above(const float *values, size_t count, float threshold);
void reference_weigh(const float *logits, size_t count, float maximum, float scale, float *weights);
double reference_weigh_blocks(const float *logits, size_t count, const float *maxima, struct logit_cutoff cutoff,
                              float maximum, float scale, double *block_weights);
uint64_t reference_probe_read(const void *memory, size_t byte_count);
size_t reference_probe_integers(size_t rounds, int32_t *result);
size_t reference_probe_floats(size_t rounds, float *result);
size_t reference_probe_bfloats(size_t rounds, uint32_t *result);

#endif
