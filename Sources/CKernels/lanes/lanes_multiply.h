#ifndef PONDER_LANES_MULTIPLY_H
#define PONDER_LANES_MULTIPLY_H

#include "lanes_panels.h"

// Products with quantised weights. Two ways with the same sums: *direct*, for fewer rows and the formats that matter most,
// takes codes from the tile straight into registers; all else goes through panels.

/// With few rows loads follow each other so fast that the processor fetches what lies behind them by itself, and sooner than
/// if it were told. It cannot know of a next tile that does not lie there: its beginning is fetched, so many lines a group.
enum { jump_lines = 2 };

/// Three rows, where codes need no unpacking.
inlined size_t streamed_rows(struct tile_traits traits) { return traits.planes == planes_byte ? 3 : 1; }

enum { as_many_lines_as_are_read = -1 };

/// What is fetched while weights are multiplied: from `bytes` up to `end` and then from `next` on.
struct bytes_ahead {
    const uint8_t *bytes, *end, *next;
    // So many lines beside a header and beside a group. Where several row blocks meet a tile one after the other, each fetches
    // its part of the next one, so that memory is as busy in one as in the other.
    int header_lines, group_lines;
};

inlined void fetch(struct bytes_ahead *ahead, int bytes, int lines) {
    if (lines == as_many_lines_as_are_read) {
        prefetch_bytes(ahead->bytes, bytes);
        ahead->bytes += bytes;
        return;
    }
    for (const uint8_t *end = ahead->bytes + lines * 64; ahead->bytes < end; ahead->bytes += 64)
        prefetch_line(ahead->bytes);
}

inlined void pass_end(struct bytes_ahead *ahead) {
    if (ahead->bytes < ahead->end) return;
    ahead->bytes = ahead->next + (ahead->bytes - ahead->end);
    ahead->end = (const uint8_t *)UINTPTR_MAX;
}

/// A single block of more rows brings the tile itself and where the next one begins, several bring the next one.
inlined struct bytes_ahead first_bytes_ahead(struct tile_traits traits, const uint8_t *tile, size_t tile_bytes,
                                             const uint8_t *next_tile, size_t rows, size_t blocks) {
    const uint8_t *nowhere = (const uint8_t *)UINTPTR_MAX;
    if (rows <= streamed_rows(traits))
        return (struct bytes_ahead){next_tile, nowhere, NULL, 0, next_tile == tile + tile_bytes ? 0 : jump_lines};
    if (blocks > 1)
        return (struct bytes_ahead){next_tile, nowhere, NULL, (int)((traits.header_bytes / 64 + blocks - 1) / blocks),
                                    (int)((traits.group_bytes / 64 + blocks - 1) / blocks)};
    struct bytes_ahead ahead = {tile + prefetch_distance, tile + tile_bytes, next_tile, as_many_lines_as_are_read,
                                as_many_lines_as_are_read};
    pass_end(&ahead);
    return ahead;
}

/// Adds one superblock of one tile, or the 64 columns that are one, and fetches what is wanted next.
inlined void add_superblock_directly(enum weight_format format, int rows, const uint8_t *superblock,
                                     struct bytes_ahead *ahead, const struct activation_block *const *blocks,
                                     size_t block, f32x16 (*sums)[8]) {
    const struct tile_traits traits = traits_of(format);
    const struct product_kind kind = kind_of(format);
    const int groups = traits.superblock_columns / 64, scales_per_group = traits.scales_per_16 ? 4 : 2;
    f32x16 scales[16], minimums[2], parts[2][8];
    struct superblock_scales superblock_scales;
    fetch(ahead, traits.header_bytes, ahead->header_lines);
    if (has_superblocks(traits))
        header_factors(format, superblock, scales, &superblock_scales);
    else
        header_scales(format, superblock, scales, minimums);
    for (int row = 0; row < rows; row++) parts[0][row] = splat(0);
    for (int group = 0; group < groups; group++) {
        const size_t offset = (size_t)(traits.header_bytes + group * traits.group_bytes);
        fetch(ahead, traits.group_bytes, ahead->group_lines);
        const struct product_group columns = {superblock + offset, scales + group * scales_per_group, minimums};
        add_product_group(format, kind, 1, rows, &columns, blocks, block + (size_t)group * 2,
                          has_superblocks(traits) ? parts : sums);
    }
    const struct superblock_scales *of_tile = &superblock_scales;
    if (has_superblocks(traits)) add_superblock(kind, 1, rows, &of_tile, blocks, block, parts, sums);
}

/// One tile and `rows` rows, from the first column to the last.
inlined void multiply_direct(enum weight_format format, int rows, const uint8_t *tile, struct bytes_ahead ahead,
                             size_t columns, const struct activation_block *const *blocks, float *const *results,
                             size_t output, size_t lanes) {
    const struct tile_traits traits = traits_of(format);
    f32x16 sums[2][8];
    for (int row = 0; row < rows; row++) sums[0][row] = splat(0);
    size_t block = 0;
    for (size_t superblock = superblock_count(traits, columns); superblock > 0; superblock--) {
        add_superblock_directly(format, rows, tile, &ahead, blocks, block, sums);
        block += traits.superblock_columns / 32u;
        tile += superblock_bytes(traits);
        pass_end(&ahead);
    }
    for (int row = 0; row < rows; row++) store_some_floats(results[row] + output, sums[0][row], lanes);
}

/// Up to so many rows a format's own kernels beat its panels, with weights from memory. From the including file.
static size_t direct_rows_limit(enum weight_format format);

inlined void multiply_rows_directly(enum weight_format format, const struct weight_tiles *weights, size_t tile,
                                    const struct multiply_rows *rows, const uint8_t *next_tile) {
    const uint8_t *data = (const uint8_t *)weights->data + tile * weights->tile_bytes;
    const size_t left = weights->rows - tile * 16, lanes = left < 16 ? left : 16;
    // Eight rows' sums and a minimum fit the registers only where it is added once a superblock.
    const struct product_kind kind = kind_of(format);
    const size_t widest = product_rows_limit >= 6 && (kind.in_superblocks || !kind.has_minimums) ? 8 : 4;
    // Blocks of `widest` rows, then of 4, and what is left.
    const size_t rest = rows->count % widest, blocks = rows->count / widest + rest / 4 + (rest % 4 > 0);
    struct bytes_ahead ahead =
        first_bytes_ahead(traits_of(format), data, weights->tile_bytes, next_tile, rows->count, blocks);
    const size_t part_bytes = blocks > 1 ? weights->tile_bytes / 64 / blocks * 64 : 0;
    size_t row = 0;
#define direct_case(width)                                                                                             \
    for (; row + width <= rows->count; row += width, ahead.bytes += part_bytes)                                        \
    multiply_direct(format, width, data, ahead, weights->columns, rows->blocks + row, rows->results + row,             \
                    tile * 16 - rows->first_output, lanes)
    if (widest == 8) direct_case(8);
    direct_case(4);
    direct_case(3);
    direct_case(2);
    direct_case(1);
#undef direct_case
}

/// Whether the format has kernels of its own for so many rows.
static bool multiply_one_tile_directly(const struct weight_tiles *weights, size_t tile,
                                       const struct multiply_rows *rows, const uint8_t *next_tile) {
#define direct_format(name)                                                                                            \
    case name:                                                                                                         \
        if (rows->count > direct_rows_limit(name)) return false;                                                       \
        multiply_rows_directly(name, weights, tile, rows, next_tile);                                                  \
        return true
    switch (weights->format) {
        direct_format(weight_format_q8_0);
        direct_format(weight_format_q4_0);
        direct_format(weight_format_q4_k);
        direct_format(weight_format_q5_k);
        direct_format(weight_format_q6_k);
    default: return false;
    }
#undef direct_format
}

static void multiply_quantized_tiles(const struct weight_tiles *weights, size_t first_tile, size_t tile_count,
                                     const struct multiply_rows *rows, const void *next_tiles, void *scratch) {
    const uint8_t *data = weights->data;
    const size_t end = first_tile + tile_count;
    for (size_t tile = first_tile; tile < end;) {
        const uint8_t *following = tile + 1 < end ? data + (tile + 1) * weights->tile_bytes : next_tiles;
        if (multiply_one_tile_directly(weights, tile, rows, following ? following : data)) {
            tile++;
            continue;
        }
        const int tiles = product_rows_limit >= 6 && tile + 2 <= end ? 2 : 1;
        const size_t after = tile + (size_t)tiles;
        const uint8_t *upcoming = after < end ? data + after * weights->tile_bytes : next_tiles;
        for (size_t row = 0; row < rows->count; row += panel_rows) {
            struct multiply_rows some = {.blocks = rows->blocks + row, .results = rows->results + row};
            some.count = rows->count - row < panel_rows ? rows->count - row : panel_rows;
            some.first_output = rows->first_output;
            multiply_through_panels(weights, tile, tiles, &some, upcoming, scratch);
        }
        tile = after;
    }
}

#endif
