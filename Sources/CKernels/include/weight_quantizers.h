#ifndef PONDER_WEIGHT_QUANTIZERS_H
#define PONDER_WEIGHT_QUANTIZERS_H

#include "weight_formats.h"

/// Whether quantize_weight_row knows a format: the float formats, Q8_0, Q4_K and Q6_K.
bool weight_format_can_be_made(enum weight_format format);

/// Writes floats as a row of the file's layout.
///
/// Floats are rounded to nearest even. Q8_0 is ggml's quantize_row_q8_0_ref, bit for bit. Q4_K and Q6_K look for the scales
/// and minimums that leave the least weighted squared error, as ggml's do (llama.cpp pull request 1684), and refine them once
/// they are rounded. What no code can tell, as NaN, becomes some code; nothing traps.
///
/// columns: a multiple of weight_block_columns(format). values: [columns]. row: [columns / block columns][block bytes].
void quantize_weight_row(enum weight_format format, size_t columns, const float *values, uint8_t *row);

#endif
