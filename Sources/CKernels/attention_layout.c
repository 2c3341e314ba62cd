#include "attention_layout.h"

struct kv_layout make_kv_layout(enum kv_format format, size_t kv_head_count, size_t head_dimension) {
    const size_t element = format == kv_format_f32 ? 4 : 2;
    const size_t groups = (head_dimension + kv_group_dimensions - 1) / kv_group_dimensions;
    const size_t value_stride = groups * kv_group_dimensions;
    size_t key_bytes = kv_block_tokens * head_dimension * element;
    size_t value_bytes = kv_block_tokens * value_stride * element;
    if (format == kv_format_q8_0) key_bytes = value_bytes = groups * sizeof(struct kv_group);
    return (struct kv_layout){
        .format = format,
        .kv_head_count = kv_head_count,
        .head_dimension = head_dimension,
        .value_stride = value_stride,
        .values_start = key_bytes,
        .head_bytes = key_bytes + value_bytes,
        .block_bytes = kv_head_count * (key_bytes + value_bytes),
    };
}
