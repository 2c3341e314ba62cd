#ifndef PONDER_CKERNELS_H
#define PONDER_CKERNELS_H

// The kernels' door: formats and layouts, the table of kernels of one instruction set, the worker pool.
//
// Accumulation rule (docs/decisions/0003-accumulation-rule.md). Weights are stored in tiles of 16 output rows, so that
// a SIMD lane is an output. Every output is one chain of additions, ascending along the columns:
//   float weights:      sum = fma(weight, x, sum), one column at a time
//   weight_format_bf16_rounding: the same with x rounded to BF16, pair by pair of columns, the odd one first
//   quantised weights:  sum = fma((float)dot, weight_scale * x_scale, sum) per scale group of 32 columns, dot being the
//                       exact integer dot product of that group; formats with minimums then add
//                       sum = fma(minimum, x_scale * -(sum of x's codes), sum)
//   weights in superblocks of 256 columns, which share x_scale:
//                       part = fma((float)dot, (float)factor, part) per scale group of 32 (or 16) columns, from 0 on;
//                       sum = fma(part, weight_scale * x_scale, sum) per superblock; formats with minimums then add
//                       sum = fma((float)m, minimum_scale * x_scale, sum), m being the exact integer sum of
//                       minimum_factor * -(sum of x's codes)
// The chain depends on neither the row count, the thread count nor the instruction set.

#include "attention_layout.h"
#include "elementwise_kernels.h"
#include "logit_kernels.h"
#include "machine_probes.h"
#include "weight_encodings.h"
#include "weight_formats.h"
#include "weight_quantizers.h"
#include "worker_pool.h"

/// Instruction sets that have a table of their own: first x86-64's, then arm64's, each in ascending order.
enum instruction_set {
    instruction_set_portable = 0,
    instruction_set_avx2 = 1,      // with FMA and F16C
    instruction_set_avx2_vnni = 2, // and with dot products of bytes (AVX-VNNI)
    instruction_set_avx512 = 3,    // F, BW, VL, DQ and VNNI
    instruction_set_avx512_bf16 = 4, // and with dot products of BF16
    instruction_set_neon = 5,      // with dot products (sdot)
    instruction_set_neon_i8mm = 6, // and with products of signed and unsigned bytes and of byte matrices
};

/// The best instruction set that this processor and its operating system support.
enum instruction_set detected_instruction_set(void);

/// Whether this processor can run an instruction set's table.
bool instruction_set_is_supported(enum instruction_set set);

/// 32 activations of one row as signed codes: value = scale * code. Eight blocks share a scale where they meet weights
/// in superblocks of 256 columns.
struct activation_block {
    float scale;
    float scaled_negative_sum; // scale * minus the sum of all codes
    int32_t offset;            // -128 * that sum: what takes an offset of 128 in weight codes off a dot product
    int32_t half_offsets[2];   // the same of the first 16 codes and of the other 16
    int8_t codes[32];          // in -127...127
};

/// The rows that a weight matrix is multiplied with. Row pointers, so that rows may lie anywhere.
struct multiply_rows {
    size_t count;
    const float *const *values; // [count][columns]: read for float weights
    const struct activation_block *const
        *blocks;           // [count][activation_block_count(columns)]: read for quantised weights
    float *const *results; // [count][rows of the matrix]: written
    size_t first_output;   // the output that results[i][0] is
};

/// Bytes of scratch that `attend` may use for itself, and those at its beginning that `multiply_tiles` may; 64-byte aligned.
enum { kernel_scratch_bytes = 320 * 1024, multiply_scratch_bytes = 96 * 1024 };

/// Activation blocks of a row: an even number, the odd one out being zero.
static inline size_t activation_block_count(size_t columns) { return (columns + 63) / 64 * 2; }

/// The kernels of one instruction set. All tables give the same bits.
struct kernel_table {
    enum instruction_set instruction_set;

    /// Quantises `columns` values, a multiple of `group_columns`, into columns / 32 blocks: as many columns share a scale,
    /// 32 or 256. scale = largest magnitude / 127, code = value / scale rounded to nearest even.
    void (*quantize_row)(const float *values, size_t columns, size_t group_columns, struct activation_block *blocks);

    /// results[i][n - first_output] = sum over k of weights[n][k] * row i [k], for the outputs n of `tile_count` tiles from
    /// `first_tile` on. Any format; `scratch` holds multiply_scratch_bytes. `next_tiles` is where the tiles lie that this
    /// worker will probably multiply next, of the same format and size, or null: they are fetched meanwhile.
    void (*multiply_tiles)(const struct weight_tiles *weights, size_t first_tile, size_t tile_count,
                           const struct multiply_rows *rows, const void *next_tiles, void *scratch);

    /// Writes one KV head of `row_count` rows of a store from `first_row` on into their slots, rounding to nearest even.
    void (*store_kv)(const struct kv_store *store, size_t first_row, size_t row_count, size_t kv_head);

    /// Attends with the query rows of one task; see attention_layout.h.
    void (*attend)(const struct attention_plan *plan, const struct attention_task *task, void *scratch);

    struct elementwise_kernels elementwise;

    struct logit_kernels logits;

    struct machine_probes probes;
};

/// The table of an instruction set, or of the next lower one that this processor supports.
const struct kernel_table *kernels_for(enum instruction_set limit);

/// A matrix and where its products go.
struct weight_product {
    struct weight_tiles weights;
    float *const *results; // [row count][rows of the matrix]: written
};

/// Multiplies the same rows with some matrices on the pool's workers, in one parallel region; quantised weights need
/// `rows->blocks` filled. `rows->results` is not used.
void multiply_on_pool(struct worker_pool *pool, const struct kernel_table *kernels,
                      const struct weight_product *products, size_t product_count, const struct multiply_rows *rows);

/// The first half of a gated feed-forward: activate(gate(x), up(x)), two matrices of one shape.
struct gated_product {
    struct weight_tiles gate, up; // inner x hidden
    float *const *values;         // [row count][inner]: written unless the blocks are
    struct activation_block *const *blocks; // [row count][activation_block_count(inner)] or null: written
    size_t group_columns; // of the blocks' scales
};

/// Tiles of a gated product for all `rows`; where it has blocks, they begin and end with a group of columns, but for a
/// matrix's last ones. `next_gate` is as `next_tiles` of multiply_tiles.
void multiply_gated_tiles(const struct kernel_table *kernels, const struct gated_product *product, size_t first_tile,
                          size_t tiles, const struct multiply_rows *rows, const void *next_gate, void *scratch);

/// A whole gated product on the pool's workers, in one parallel region.
void multiply_gated_on_pool(struct worker_pool *pool, const struct kernel_table *kernels,
                            const struct gated_product *product, const struct multiply_rows *rows);

/// Quantises a row into activation_block_count(columns) blocks, the odd one out being zero.
void quantize_whole_row(const struct kernel_table *kernels, const float *values, size_t columns, size_t group_columns,
                        struct activation_block *blocks);

/// Quantises `row_count` rows of `columns` values on the pool's workers.
void quantize_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, size_t row_count, size_t columns,
                      size_t group_columns, const float *const *rows, struct activation_block *const *blocks);

/// The two halves of a mixture of experts' feed-forward, over all experts of a layer.
struct expert_plan {
    size_t expert_count;
    const struct weight_tiles *gate;              // [expert_count], inner x hidden
    const struct weight_tiles *up;                // [expert_count], inner x hidden
    const struct weight_tiles *down;              // [expert_count], hidden x inner
    size_t row_count;                             // rows of the batch
    size_t choices;                               // experts of a row
    const int32_t *experts;                       // [row_count][choices]: chosen experts, best first
    const float *shares;                          // [row_count][choices]
    const float *const *inputs;                   // [row_count][hidden]
    struct activation_block *const *input_blocks; // [row_count]: read when gate or up are quantised
    float *const *outputs;                        // [row_count][hidden]: written

    // Scratch. A slot is one (row, choice) pair; slots are ordered by expert, then row.
    size_t *expert_starts;     // [expert_count + 1]
    size_t *visited_experts;   // [expert_count]: those with rows, ascending
    size_t *slot_of_choice;    // [row_count * choices]
    const float **slot_inputs; // [row_count * choices]
    const struct activation_block **slot_input_blocks;
    float **slot_gates; // [row_count * choices][inner]: filled in by the caller, as the next two are
    struct activation_block **slot_gate_blocks;
    float **slot_outputs; // [row_count * choices][hidden]
};

/// outputs[row] = sum over a row's choices, in their order, of share * down(silu(gate(x)) * up(x)).
/// Answers how many experts had rows.
size_t multiply_experts_on_pool(struct worker_pool *pool, const struct kernel_table *kernels,
                              const struct expert_plan *plan);

/// Writes all rows of a store on the pool's workers.
void store_kv_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, const struct kv_store *store);

/// Attends for all sequences of a plan on the pool's workers.
void attend_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, const struct attention_plan *plan);

/// `row_count` rows of `columns` floats, `stride` floats apart.
struct float_rows {
    float *values;
    size_t row_count;
    size_t columns;
    size_t stride;
};

/// output row = normalize(input row) for all rows; see elementwise_kernels.
void normalize_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, struct float_rows input,
                       const float *weight, float epsilon, struct float_rows output);

/// stream row += addend row, unless there is none; output row = normalize(stream row); and the output quantised.
struct residual_step {
    struct float_rows stream;
    struct float_rows addend; // `values` may be null
    const float *weight;      // [columns]
    float epsilon;
    struct float_rows output;
    struct activation_block *const *blocks; // [row count][activation_block_count(columns)] or null
    size_t group_columns;                   // of the blocks' scales
};

void advance_residual_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, struct residual_step step);

/// Heads of query or key rows, to be normalised (unless `weight` is null) and then rotated to their positions in place.
struct head_rotation {
    struct float_rows rows; // columns = heads * head_dimension
    size_t head_dimension;
    const float *weight; // [head_dimension] or null
    float epsilon;
    const int32_t *positions; // [row_count]
    const float *cosines;     // [positions][head_dimension / 2]
    const float *sines;       // likewise
};

/// Queries and keys of the same rows; the keys' `values` may be null.
void rotate_heads_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, struct head_rotation queries,
                          struct head_rotation keys);

/// accumulator row += addend row.
void add_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, struct float_rows accumulator,
                 struct float_rows addend);

/// Softmax of each row of logits (in place), then its `choices` largest, best first; shares are divided by their sum,
/// added in rank order, when `renormalizes`.
void route_on_pool(struct worker_pool *pool, const struct kernel_table *kernels, struct float_rows logits,
                   size_t choices, bool renormalizes, int32_t *experts, float *shares);

#endif
