#ifndef PONDER_LANES_STORE_KV_H
#define PONDER_LANES_STORE_KV_H

#include "lanes_attention_tiles.h"
#include "lanes_quantize.h"

// Keys and values on their way into the cache: narrowed or quantised, then put where attention reads them.

static void store_as(enum kv_format format, const float *source, size_t count, uint8_t *target) {
    for (size_t i = 0; i < count; i += 16) {
        const f32x16 v = load_some_floats(source + i, count - i, 0);
        if (format == kv_format_f32) {
            store_some_floats((float *)target + i, v, count - i);
            continue;
        }
        u16x16 narrow;
        if (format == kv_format_f16) {
            narrow = (u16x16) __builtin_convertvector(v, f16x16);
        } else {
            const u32x16 bits = (u32x16)v, rounded = bits + 0x7fffu + (bits >> 16 & 1u);
            const u32x16 not_a_number = bits >> 16 | 0x40u;
            const u32x16 is_number = (u32x16)((bits & 0x7fffffffu) <= 0x7f800000u);
            narrow = __builtin_convertvector((rounded >> 16 & is_number) | (not_a_number & ~is_number), u16x16);
        }
        __builtin_memcpy(target + i * 2, &narrow, (count - i < 16 ? count - i : 16) * 2);
    }
}

/// Keys of one head, narrowed in one piece, then put a block's row apart; and values.
static void store_narrowed(const struct kv_layout *layout, uint8_t *head, size_t slot, const float *key,
                           const float *value) {
    const size_t dimension = layout->head_dimension, element = element_size(layout->format);
    uint8_t narrow[attention_dimension_limit * 4];
    store_as(layout->format, key, dimension, narrow);
    if (element == 2)
        for (size_t d = 0; d < dimension; d++)
            ((uint16_t *)head)[d * kv_block_tokens + slot] = load_vector(uint16_t, narrow + d * 2);
    else
        for (size_t d = 0; d < dimension; d++)
            ((uint32_t *)head)[d * kv_block_tokens + slot] = load_vector(uint32_t, narrow + d * 4);
    store_as(layout->format, value, dimension, head + layout->values_start + slot * layout->value_stride * element);
}

/// The codes of up to 32 numbers of a row; their scale goes to `scale_bits`.
inlined void quantize_group(const float *row, size_t count, uint16_t *scale_bits, i8x16 codes[2]) {
    const f32x16 first = load_some_floats(row, count, 0);
    const f32x16 second = count > 16 ? load_some_floats(row + 16, count - 16, 0) : splat(0);
    const f32x16 above_nan = larger_of(magnitudes(first), splat(0));
    const float wanted = largest_lane(larger_of(magnitudes(second), above_nan)) / 127.0f;
    *scale_bits = half_from_float(wanted < largest_half ? wanted : largest_half);
    const float scale = float_from_half(*scale_bits);
    const f32x16 inverse = splat(scale > 0 ? 1.0f / scale : 0);
    codes[0] = __builtin_convertvector(rounded_codes(first * inverse), i8x16);
    codes[1] = __builtin_convertvector(rounded_codes(second * inverse), i8x16);
}

static void store_quantized(const struct kv_layout *layout, uint8_t *head, size_t slot, const float *key,
                            const float *value) {
    struct kv_group *keys = (struct kv_group *)(void *)head;
    struct kv_group *values = (struct kv_group *)(void *)(head + layout->values_start);
    for (size_t d = 0; d < layout->head_dimension; d += kv_group_dimensions, keys++, values++) {
        const size_t left = layout->head_dimension - d;
        i8x16 codes[2];
        quantize_group(value + d, left, &values->scales[slot], codes);
        memcpy(values->codes + slot * kv_group_dimensions, codes, sizeof codes);
        quantize_group(key + d, left, &keys->scales[slot], codes);
        for (int i = 0; i < 2; i++) codes[i] ^= (int8_t)-128;
        for (size_t quad = 0; quad < 8; quad++)
            memcpy(keys->codes + (quad * kv_block_tokens + slot) * 4, (const uint8_t *)codes + quad * 4, 4);
    }
}

static void store_head(const struct kv_layout *layout, uint8_t *head, size_t slot, const float *key,
                       const float *value) {
    if (layout->format == kv_format_q8_0)
        store_quantized(layout, head, slot, key, value);
    else
        store_narrowed(layout, head, slot, key, value);
}

static void lanes_store_kv(const struct kv_store *store, size_t first_row, size_t row_count, size_t kv_head) {
    const struct kv_layout *layout = &store->layout;
    for (size_t row = first_row; row < first_row + row_count; row++) {
        const size_t slot = (size_t)store->slots[row];
        uint8_t *block = store->cache + slot / kv_block_tokens * store->block_stride;
        store_head(layout, block + kv_head * layout->head_bytes, slot % kv_block_tokens,
                   store->keys + row * store->key_stride + kv_head * layout->head_dimension,
                   store->values + row * store->value_stride + kv_head * layout->head_dimension);
    }
}

#endif
