#include "float_formats.h"
#include "tile_layout.h"

// A model is packed while somebody waits for it. The formats that files are made of are therefore rearranged four codes at
// a time: each row's words of a superblock are put together first, in the order of the tile's vectors, and 16 rows of words
// are then transposed in registers. The other formats take the plain way, which defines the result: read a superblock's
// contents, write them.

typedef uint32_t four_words __attribute__((ext_vector_type(4)));

static uint32_t read_word(const uint8_t *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint16_t read_half(const uint8_t *bytes) { return (uint16_t)(bytes[0] | bytes[1] << 8); }

enum { every_nibble = 0x0f0f0f0f, every_pair = 0x03030303, every_bit = 0x01010101 };

/// The words of one row of a superblock: one for each vector of its groups.
enum { row_words_limit = 64 };

static void gather_q8_0(const uint8_t *blocks, size_t row, uint8_t *header, uint32_t *words) {
    uint16_t *scales = (uint16_t *)header;
    for (size_t half = 0; half < 2; half++) {
        const uint8_t *block = blocks + half * 34;
        scales[half * 16 + row] = read_half(block);
        for (size_t quad = 0; quad < 8; quad++) words[half * 8 + quad] = read_word(block + 2 + quad * 4) ^ 0x80808080u;
    }
}

static void gather_q4_0(const uint8_t *blocks, size_t row, uint8_t *header, uint32_t *words) {
    uint16_t *scales = (uint16_t *)header;
    scales[row] = read_half(blocks);
    scales[16 + row] = read_half(blocks + 18);
    // A block's low nibbles are its first 16 columns, a word's are the superblock's first 32.
    for (size_t quad = 0; quad < 4; quad++) {
        const uint32_t first = read_word(blocks + 2 + quad * 4), second = read_word(blocks + 20 + quad * 4);
        words[quad] = (first & every_nibble) | (second & every_nibble) << 4;
        words[4 + quad] = (first >> 4 & every_nibble) | (second & ~(uint32_t)every_nibble);
    }
}

/// The scales of Q4_K and Q5_K. Twelve bytes hold the low six bits of four scales and of four minimums, and the nibbles of
/// the other four of each, whose high pairs fill up the first eight bytes.
static void gather_six_bit_header(const uint8_t *block, size_t row, uint8_t *header) {
    uint16_t *halves = (uint16_t *)header;
    uint32_t *factors = (uint32_t *)(header + 64);
    const uint32_t scales = read_word(block + 4), minimums = read_word(block + 8), others = read_word(block + 12);
    halves[row] = read_half(block);
    halves[16 + row] = read_half(block + 2);
    factors[row] = (scales & every_nibble) | (others & every_nibble) << 4;
    factors[16 + row] = (minimums & every_nibble) | (others & ~(uint32_t)every_nibble);
    factors[32 + row] = (scales >> 4 & every_pair) | (scales >> 6 & every_pair) << 2 |
                        (minimums >> 4 & every_pair) << 4 | (minimums >> 6 & every_pair) << 6;
}

static void gather_q4_k(const uint8_t *block, size_t row, uint8_t *header, uint32_t *words) {
    gather_six_bit_header(block, row, header);
    memcpy(words, block + 16, 128);
}

static void gather_q5_k(const uint8_t *block, size_t row, uint8_t *header, uint32_t *words) {
    gather_six_bit_header(block, row, header);
    for (size_t group = 0; group < 4; group++, words += 10) {
        uint32_t low_half = 0, high_half = 0;
        for (size_t quad = 0; quad < 8; quad++) {
            const uint32_t bits = read_word(block + 16 + quad * 4) >> group * 2;
            low_half |= (bits & every_bit) << quad;
            high_half |= (bits >> 1 & every_bit) << quad;
        }
        memcpy(words, block + 48 + group * 32, 32);
        words[8] = low_half;
        words[9] = high_half;
    }
}

static void gather_q6_k(const uint8_t *block, size_t row, uint8_t *header, uint32_t *words) {
    ((uint16_t *)header)[row] = read_half(block + 208);
    for (size_t factor = 0; factor < 16; factor++) header[64 + factor * 16 + row] = block[192 + factor];
    for (size_t group = 0; group < 4; group++, words += 12) {
        const uint8_t *low = block + group / 2 * 64, *high = block + 128 + group / 2 * 32;
        const int shift = group % 2 * 4;
        uint32_t pairs[4] = {0};
        for (size_t quad = 0; quad < 8; quad++) {
            const uint32_t first = read_word(low + quad * 4) >> shift & every_nibble;
            const uint32_t second = read_word(low + 32 + quad * 4) >> shift & every_nibble;
            const uint32_t bits = read_word(high + quad * 4) >> shift;
            words[quad] = first | second << 4;
            pairs[quad / 4] |= (bits & every_pair) << quad % 4 * 2;
            pairs[2 + quad / 4] |= (bits >> 2 & every_pair) << quad % 4 * 2;
        }
        memcpy(words + 8, pairs, sizeof pairs);
    }
}

typedef void (*row_gatherer)(const uint8_t *blocks, size_t row, uint8_t *header, uint32_t *words);

/// Gathers a whole superblock of one row; NULL where only the plain way is known.
static row_gatherer gatherer_of(enum weight_format format) {
    switch (format) {
    case weight_format_q8_0: return gather_q8_0;
    case weight_format_q4_0: return gather_q4_0;
    case weight_format_q4_k: return gather_q4_k;
    case weight_format_q5_k: return gather_q5_k;
    case weight_format_q6_k: return gather_q6_k;
    default: return NULL;
    }
}

static four_words read_words(const uint8_t *bytes) {
    four_words words;
    memcpy(&words, bytes, sizeof words);
    return words;
}

/// Four words each of 16 rows, `row_bytes` apart, become four vectors: lane r is row r's word.
static void transpose_words(const uint8_t *rows, size_t row_bytes, uint32_t *vectors) {
    for (size_t row = 0; row < 16; row += 4) {
        const four_words a = read_words(rows + row * row_bytes), b = read_words(rows + (row + 1) * row_bytes);
        const four_words c = read_words(rows + (row + 2) * row_bytes), d = read_words(rows + (row + 3) * row_bytes);
        const four_words ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
        const four_words ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
        const four_words cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
        const four_words cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
        const four_words transposed[4] = {
            __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5),
            __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
            __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
            __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7),
        };
        for (size_t vector = 0; vector < 4; vector++)
            memcpy(vectors + vector * 16 + row, &transposed[vector], sizeof transposed[vector]);
    }
}

/// One superblock of all 16 rows.
static void pack_superblock(row_gatherer gather, struct tile_traits traits, const uint8_t *blocks, size_t row_bytes,
                            uint8_t *superblock) {
    _Alignas(64) uint32_t words[16][row_words_limit];
    const size_t word_count = traits.superblock_columns / 64u * traits.group_bytes / 64u;
    memset(superblock, 0, traits.header_bytes);
    for (size_t row = 0; row < 16; row++) gather(blocks + row * row_bytes, row, superblock, words[row]);
    uint32_t *vectors = (uint32_t *)(superblock + traits.header_bytes);
    for (size_t word = 0; word < word_count; word += 4)
        transpose_words((const uint8_t *)(words[0] + word), sizeof words[0], vectors + word * 16);
}

static void pack_plainly(enum weight_format format, const uint8_t *blocks, size_t columns, size_t row,
                         uint8_t *superblock) {
    struct superblock_contents contents;
    read_file_superblock(format, blocks, columns, &contents);
    write_tile_superblock(format, &contents, row, superblock);
}

/// Where the rows' columns lie in words, pairs of bf16 sharing one, a tile is their transposition.
static void pack_words(size_t word_count, size_t row_count, const uint8_t *rows, size_t row_bytes, uint32_t *tile) {
    size_t done = 0;
    if (row_count == 16)
        for (; done + 4 <= word_count; done += 4) transpose_words(rows + done * 4, row_bytes, tile + done * 16);
    for (size_t row = 0; row < row_count; row++)
        for (size_t word = done; word < word_count; word++)
            tile[word * 16 + row] = read_word(rows + row * row_bytes + word * 4);
}

/// What is rounded meets no weight so small that a product, or what sums leave of it, could be subnormal: processors differ
/// in what they make of those.
static void clear_small_bfloats(uint16_t *bfloats, size_t count) {
    for (size_t i = 0; i < count; i++)
        if ((bfloats[i] & 0x7fff) < smallest_rounded_bfloat) bfloats[i] = 0;
}

static void pack_float_tile(enum weight_format format, size_t columns, size_t row_count, const uint8_t *rows,
                            size_t row_bytes, void *tile) {
    if (format == weight_format_f32) {
        pack_words(columns, row_count, rows, row_bytes, tile);
        return;
    }
    if (format != weight_format_f16) pack_words(columns / 2, row_count, rows, row_bytes, tile);
    for (size_t row = 0; row < row_count; row++) {
        const uint8_t *bytes = rows + row * row_bytes;
        if (format == weight_format_f16)
            for (size_t column = 0; column < columns; column++)
                memcpy((uint16_t *)tile + column * 16 + row, bytes + column * 2, 2);
        else if (columns % 2)
            memcpy((uint32_t *)tile + columns / 2 * 16 + row, bytes + (columns - 1) * 2, 2);
    }
    if (format == weight_format_bf16_rounding)
        clear_small_bfloats(tile, weight_tile_bytes(format, columns) / sizeof(uint16_t));
}

void pack_weight_tile(enum weight_format format, size_t columns, size_t row_count, const uint8_t *rows,
                      size_t row_bytes, void *tile) {
    const struct tile_traits traits = traits_of(format);
    const row_gatherer gather = row_count == 16 ? gatherer_of(format) : NULL;
    const bool is_whole = gather && columns % traits.superblock_columns == 0;
    if (!is_whole) memset(tile, 0, weight_tile_bytes(format, columns));
    if (traits.planes == planes_none) {
        pack_float_tile(format, columns, row_count, rows, row_bytes, tile);
        return;
    }
    const size_t file_bytes = traits.superblock_columns / weight_block_columns(format) * weight_block_bytes(format);
    for (size_t index = 0; index * traits.superblock_columns < columns; index++) {
        const size_t left = columns - index * traits.superblock_columns;
        const size_t width = left < traits.superblock_columns ? left : traits.superblock_columns;
        const uint8_t *blocks = rows + index * file_bytes;
        uint8_t *superblock = (uint8_t *)tile + index * superblock_bytes(traits);
        if (gather && width == traits.superblock_columns) {
            pack_superblock(gather, traits, blocks, row_bytes, superblock);
            continue;
        }
        for (size_t row = 0; row < row_count; row++)
            pack_plainly(format, blocks + row * row_bytes, width, row, superblock);
    }
}
