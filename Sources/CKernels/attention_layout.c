#include "attention_layout.h"

struct kv_layout make_kv_layout(enum kv_format format, size_t kv_head_count, size_t head_dimension) {
    const size_t element = format == kv_format_f32 ? 4 : 2;
    const size_t value_stride = (head_dimension + 31) / 32 * 32;
    const size_t head_bytes = kv_block_tokens * (head_dimension + value_stride) * element;
    return (struct kv_layout){
        .format = format,
        .kv_head_count = kv_head_count,
        .head_dimension = head_dimension,
        .value_stride = value_stride,
        .element_bytes = element,
        .head_bytes = head_bytes,
        .block_bytes = kv_head_count * head_bytes,
    };
}
