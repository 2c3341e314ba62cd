#ifndef PONDER_LANES_TABLE_H
#define PONDER_LANES_TABLE_H

#include "lanes_attention.h"
#include "lanes_elementwise.h"
#include "lanes_logits.h"
#include "lanes_multiply.h"
#include "lanes_multiply_bfloat.h"
#include "lanes_multiply_float.h"
#include "lanes_probe.h"
#include "lanes_quantize.h"
#include "lanes_store_kv.h"

static void lanes_multiply_tiles(const struct weight_tiles *weights, size_t first_tile, size_t tile_count,
                                 const struct multiply_rows *rows, const void *next_tiles, void *scratch) {
    if (weight_format_is_quantized(weights->format))
        multiply_quantized_tiles(weights, first_tile, tile_count, rows, next_tiles, scratch);
    else if (weights->format == weight_format_bf16_rounding)
        multiply_bfloat_tiles(weights, first_tile, tile_count, rows, scratch);
    else
        multiply_float_tiles(weights, first_tile, tile_count, rows);
}

#define lanes_table(set)                                                                                               \
    {                                                                                                                  \
        .instruction_set = set, .quantize_row = lanes_quantize_row, .multiply_tiles = lanes_multiply_tiles,            \
        .store_kv = lanes_store_kv, .attend = lanes_attend,                                                            \
        .elementwise = {lanes_normalize, lanes_rotate, lanes_activate, lanes_add, lanes_add_scaled, lanes_softmax},    \
        .logits = {lanes_find_maxima, lanes_find_above, lanes_weigh, lanes_weigh_blocks},                              \
        .probes = {lanes_probe_read, lanes_probe_integers, lanes_probe_floats, lanes_probe_bfloats},                   \
    }

#endif
