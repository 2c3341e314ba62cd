#ifndef PONDER_REFERENCE_KERNELS_H
#define PONDER_REFERENCE_KERNELS_H

#include "../kernel_tables.h"
#include "../tile_layout.h"

// The specification: plain loops that every other table must equal bit for bit.

void reference_quantize_row(const float *values, size_t columns, struct activation_block *blocks);
void reference_multiply_tiles(const struct weight_tiles *weights, size_t first_tile, size_t tile_count,
                              const struct multiply_rows *rows, void *scratch);
void reference_store_kv(const struct kv_store *store, size_t row);
void reference_attend(const struct attention_plan *plan, const struct attention_task *task, void *scratch);
uint64_t reference_probe_read(const void *memory, size_t byte_count);
size_t reference_probe_integers(size_t rounds, int32_t *result);
size_t reference_probe_floats(size_t rounds, float *result);

#endif
