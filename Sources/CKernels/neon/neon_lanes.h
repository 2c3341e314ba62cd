#ifndef PONDER_NEON_LANES_H
#define PONDER_NEON_LANES_H

#include "../lanes/lanes.h"
#include "../lanes/lanes_bfloats.h"

// What the two NEON tables share; sixteen lanes are four registers.

typedef int32_t i32x4 __attribute__((ext_vector_type(4)));

/// A vector of sixteen lanes as the registers that hold it.
struct registers {
    int8x16_t parts[4];
};

/// Four codes of a row, for all lanes. Kept as a lane of sixteen codes' vector, which needs no broadcast: dot products
/// take one lane of their last operand.
typedef i32x4 quad_codes;

inlined quad_codes read_quad(const struct activation_block *block, int quad) {
    const i32x4 codes = load_vector(i32x4, block->codes + quad / 4 * 16);
    switch (quad % 4) {
    case 0: return codes.xxxx;
    case 1: return codes.yyyy;
    case 2: return codes.zzzz;
    default: return codes.wwww;
    }
}

inlined i32x16 add_word_products(i32x16 sum, i32x16 words, int32_t x) {
    return sum + (words << 16 >> 16) * (int32_t)(int16_t)x + (words >> 16) * (x >> 16);
}

inlined u8x64 looked_up(const uint8_t *table, u8x64 indices) {
    const int8x16_t values = vreinterpretq_s8_u8(vld1q_u8(table));
    struct registers registers;
    memcpy(&registers, &indices, sizeof registers);
    for (int i = 0; i < 4; i++)
        registers.parts[i] = vqtbl1q_s8(values, vreinterpretq_u8_s8(registers.parts[i]));
    memcpy(&indices, &registers, sizeof indices);
    return indices;
}

// 32 registers: the integer sums of four rows and a tile take 16, their float sums, needed once per 32 columns, as many.
enum { product_rows_limit = 4, attention_rows = 2, float_tiles = 2 };

static size_t direct_rows_limit(enum weight_format format) {
    (void)format;
    return 8;
}

#endif
