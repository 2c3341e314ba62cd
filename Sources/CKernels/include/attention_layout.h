#ifndef PONDER_ATTENTION_LAYOUT_H
#define PONDER_ATTENTION_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

/// How cached keys and values are stored.
enum kv_format { kv_format_f32, kv_format_f16, kv_format_bf16, kv_format_q8_0 };

enum {
    kv_block_tokens = 32,         // positions of a cache block
    kv_group_dimensions = 32,     // dimensions that share a scale
    attention_span_tokens = 1024, // positions that are summed before they are merged into the result
};

/// kv_format_q8_0: 32 dimensions of a block's keys or values. For each position 32 codes of -127...127 and one scale, a
/// binary16 number: the largest magnitude / 127, at most the largest finite one; value = scale * code, code = value /
/// scale rounded to nearest even. A head's dimensions beyond its last are zero.
struct kv_group {
    uint16_t scales[kv_block_tokens];
    /// Keys: [8][32 positions][4 dimensions], 128 added to each, so that a lane's bytes are what products of bytes take.
    /// Values: [32 positions][32 dimensions].
    uint8_t codes[kv_block_tokens * kv_group_dimensions];
};

/// One layer's part of a cache block: for each KV head first its keys, [head_dimension][32 positions], so that lanes
/// are positions, then its values, [32 positions][value_stride], so that lanes are dimensions. With kv_format_q8_0
/// both are [value_stride / 32] groups.
struct kv_layout {
    enum kv_format format;
    size_t kv_head_count;
    size_t head_dimension;
    size_t value_stride; // head_dimension rounded up to a multiple of 32, in elements
    size_t values_start; // bytes of a head's keys in a block
    size_t head_bytes;   // keys and values of one head in a block; a multiple of 64
    size_t block_bytes;  // kv_head_count * head_bytes
};

struct kv_layout make_kv_layout(enum kv_format format, size_t kv_head_count, size_t head_dimension);

/// Where a batch's keys and values go: row r's to slot slots[r] % 32 of block slots[r] / 32.
struct kv_store {
    struct kv_layout layout;
    uint8_t *cache;      // this layer's part of block 0
    size_t block_stride; // bytes from one block's part of this layer to the next block's
    size_t row_count;
    const int32_t *slots; // [row_count]
    const float *keys;    // row r at r * key_stride: [kv_head_count][head_dimension]
    size_t key_stride;
    const float *values; // row r at r * value_stride: [kv_head_count][head_dimension]
    size_t value_stride;
};

/// Consecutive rows of one sequence; row i stands at position first_position + i and sees positions 0 to its own.
struct attention_sequence {
    size_t first_row;
    size_t row_count;
    size_t first_position;
    const int32_t *block_table; // block ids of positions 0..., 32 each
};

/// Causal attention with grouped queries for a batch, one layer. The rule of summation, for each query:
///   scores, float keys:  sum = fma(query, key, sum), one dimension at a time
///   scores, q8_0:        the query becomes activation blocks (CKernels.h), and as with quantised weights
///                        sum = fma((float)dot, key_scale * query_scale, sum), one group of 32 dimensions at a time
///   results, float:      sum = fma(share, value, sum), one position at a time
///   results, q8_0:       sum = fma(share * value_scale, (float)code, sum)
/// How shares come from scores, and blocks and spans are joined, is what reference_attention.c says.
struct attention_plan {
    struct kv_layout layout;
    size_t head_count;    // a multiple of the KV heads; head h reads KV head h / (head_count / kv_head_count)
    float scale;          // multiplies every score
    const float *queries; // row r at r * query_stride: [head_count][head_dimension]
    size_t query_stride;
    float *outputs; // row r at r * output_stride: [head_count][head_dimension]
    size_t output_stride;
    const uint8_t *cache; // this layer's part of block 0
    size_t block_stride;  // bytes from one block's part of this layer to the next block's
    size_t sequence_count;
    const struct attention_sequence *sequences;
};

/// Rows of one sequence and one KV head: what one worker computes at a time.
struct attention_task {
    const struct attention_sequence *sequence;
    size_t first_row; // within the sequence
    size_t row_count; // row_count * (head_count / kv_head_count) is at most attention_query_limit, or one row
    size_t kv_head;
    const struct attention_task *next; // what this worker probably attends next, or null: fetched meanwhile
};

/// Queries, (row, head) pairs, of a task.
enum { attention_query_limit = 32, attention_dimension_limit = 256 };

#endif
