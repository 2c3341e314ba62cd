#ifndef PONDER_LANES_PANELS_H
#define PONDER_LANES_PANELS_H

#include "lanes_products.h"

// Many rows, and formats without kernels of their own: some columns of one or two tiles are unpacked into the worker's
// scratch, as bytes and floats, and then meet all rows.

// Two tiles' codes and scales, and the blocks that meet them, stay in a first-level cache of 32 KB.
enum { panel_columns = 512, panel_groups = panel_columns / 64 };

/// Some columns of one tile, unpacked.
struct panel {
    const uint8_t *groups[panel_groups]; // where each group's codes are: in `codes`, or in the tile itself
    uint8_t codes[panel_groups][1024];
    f32x16 scales[panel_groups][4];
    f32x16 minimums[panel_groups][2];
    struct superblock_scales superblocks[panel_groups / 4];
};

enum { panel_lanes = 2 * tile_rows, panel_rows = 512 };

/// What panels keep in a worker's scratch: two tiles, and what up to `panel_rows` rows came to so far.
struct panel_scratch {
    struct panel panels[2];
    float sums[panel_rows * panel_lanes];
};

_Static_assert(sizeof(struct panel_scratch) <= multiply_scratch_bytes, "panels fit a worker's scratch");

inlined void unpack_superblock(enum weight_format format, const uint8_t *superblock, struct panel *panel,
                               size_t group) {
    const struct tile_traits traits = traits_of(format);
    f32x16 scales[16], minimums[2];
    if (has_superblocks(traits))
        header_factors(format, superblock, scales, &panel->superblocks[group / 4]);
    else
        header_scales(format, superblock, scales, minimums);
    const int per_group = traits.scales_per_16 ? 4 : 2;
    for (int i = 0; i < traits.superblock_columns / 64; i++) {
        const uint8_t *source = superblock + traits.header_bytes + i * traits.group_bytes;
        uint8_t *codes = panel->codes[group + (size_t)i];
        const bool is_flipped = panels_are_signed && traits.codes_exceed_127;
        const bool is_unpacked = traits.planes == planes_byte && !is_flipped;
        panel->groups[group + (size_t)i] = is_unpacked ? source : codes;
        if (!is_unpacked) {
#pragma clang loop unroll(full)
            for (int vector = 0; vector < 16; vector++) {
                u8x64 unpacked = group_codes(format, source, vector / 8, vector % 8);
                if (is_flipped) unpacked ^= (uint8_t)0x80;
                if (panels_share_an_offset && traits.offset_shift >= 0)
                    unpacked += (uint8_t)(128 - (1 << traits.offset_shift));
                store_vector(codes + vector * 64, unpacked);
            }
        }
        for (int scale = 0; scale < per_group; scale++) {
            panel->scales[group + (size_t)i][scale] = scales[i * per_group + scale];
            if (traits.header == header_scale_minimum) panel->minimums[group][scale] = minimums[scale];
        }
    }
}

inlined void unpack_panel_of(enum weight_format format, const uint8_t *tile, size_t first_column, size_t columns,
                             struct panel *panel) {
    const struct tile_traits traits = traits_of(format);
    const size_t first = first_column / traits.superblock_columns;
    const size_t groups_per_superblock = traits.superblock_columns / 64;
    for (size_t i = 0; i < superblock_count(traits, columns); i++)
        unpack_superblock(format, tile + (first + i) * superblock_bytes(traits), panel, i * groups_per_superblock);
}

static __attribute__((noinline)) void unpack_panel(enum weight_format format, const uint8_t *tile, size_t first_column,
                                                   size_t columns, struct panel *panel) {
#define unpack_case(name)                                                                                              \
    case name: unpack_panel_of(name, tile, first_column, columns, panel); break
    switch (format) {
        unpack_case(weight_format_q8_0);
        unpack_case(weight_format_q4_0);
        unpack_case(weight_format_q4_1);
        unpack_case(weight_format_q5_0);
        unpack_case(weight_format_q5_1);
        unpack_case(weight_format_q2_k);
        unpack_case(weight_format_q3_k);
        unpack_case(weight_format_q4_k);
        unpack_case(weight_format_q5_k);
        unpack_case(weight_format_q6_k);
        unpack_case(weight_format_iq4_nl);
        unpack_case(weight_format_iq4_xs);
        unpack_case(weight_format_mxfp4);
    default: break;
    }
#undef unpack_case
}

/// Weights that are wanted next: they are fetched into the second-level cache bit by bit, while the ones at hand are
/// multiplied, so that memory and arithmetic are busy at the same time.
struct prefetch_stream {
    const uint8_t *bytes[2];
    size_t lines[2];       // of 64 bytes, yet to be fetched
    size_t lines_per_step; // a step is one group of columns and a few rows
};

inlined void prefetch_step(struct prefetch_stream *stream) {
    for (size_t i = 0; i < stream->lines_per_step; i++) {
        const int part = stream->lines[0] > 0 ? 0 : 1;
        if (stream->lines[part] == 0) return;
        prefetch_line(stream->bytes[part]);
        stream->bytes[part] += 64;
        stream->lines[part]--;
    }
}

/// The panels of one or two tiles and the rows that meet them.
struct panel_work {
    const struct panel *panels;
    size_t groups;
    size_t first_block;
    const struct activation_block *const *blocks;
    float *sums; // [rows][panel_lanes], near in the cache
    float *const *results;
    size_t output;
    size_t lanes;   // of the last tile
    bool continues; // the sums hold those of earlier columns
    bool ends;      // there are no later columns
    struct prefetch_stream *upcoming;
};

/// Adds 64 columns.
inlined void add_panel_group(struct product_kind kind, int tiles, int rows, const struct panel_work *work, size_t group,
                             const struct activation_block *const *blocks, f32x16 (*sums)[8]) {
    struct product_group groups[2];
    for (int t = 0; t < tiles; t++)
        groups[t] = (struct product_group){work->panels[t].groups[group], work->panels[t].scales[group],
                                           work->panels[t].minimums[group]};
    prefetch_step(work->upcoming);
    // A panel's codes lie as Q8_0's do.
    add_product_group(weight_format_q8_0, kind, tiles, rows, groups, blocks, group * 2, sums);
}

inlined void load_sums(int tiles, int rows, bool continues, float *const *stored, f32x16 (*sums)[8]) {
#pragma clang loop unroll(full)
    for (int t = 0; t < tiles; t++)
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) sums[t][r] = continues ? load_floats(stored[r] + t * 16) : splat(0);
}

inlined void store_sums(int tiles, int rows, float *const *stored, f32x16 (*sums)[8]) {
#pragma clang loop unroll(full)
    for (int t = 0; t < tiles; t++)
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) store_floats(stored[r] + t * 16, sums[t][r]);
}

/// Adds 256 columns to the sums, which leaves the registers to the superblock's parts.
inlined void add_panel_superblock(struct product_kind kind, int tiles, int rows, const struct panel_work *work,
                                  size_t superblock, const struct activation_block *const *blocks,
                                  float *const *stored) {
    f32x16 parts[2][8], sums[2][8];
    load_sums(tiles, rows, false, stored, parts);
#pragma clang loop unroll(disable)
    for (size_t group = superblock * 4; group < superblock * 4 + 4; group++)
        add_panel_group(kind, tiles, rows, work, group, blocks, parts);
    const struct superblock_scales *scales[2];
    for (int t = 0; t < tiles; t++) scales[t] = &work->panels[t].superblocks[superblock];
    load_sums(tiles, rows, work->continues || superblock > 0, stored, sums);
    add_superblock(kind, tiles, rows, scales, blocks, superblock * 8, parts, sums);
    store_sums(tiles, rows, stored, sums);
}

/// Adds the panel's columns to the sums of some rows.
inlined void multiply_panel(struct product_kind kind, int tiles, int rows, const struct panel_work *work, size_t row,
                            float *const *stored) {
    const struct activation_block *blocks[8];
    for (int r = 0; r < rows; r++) blocks[r] = work->blocks[row + (size_t)r] + work->first_block;
    if (kind.in_superblocks) {
        for (size_t superblock = 0; superblock < work->groups / 4; superblock++)
            add_panel_superblock(kind, tiles, rows, work, superblock, blocks, stored);
        return;
    }
    f32x16 sums[2][8];
    load_sums(tiles, rows, work->continues, stored, sums);
    for (size_t group = 0; group < work->groups; group++) add_panel_group(kind, tiles, rows, work, group, blocks, sums);
    store_sums(tiles, rows, stored, sums);
}

/// Results lie far apart, each in a page of its own: their lines are asked for while the last columns are multiplied.
inlined void prefetch_results(int tiles, int rows, const struct panel_work *work, size_t row) {
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int t = 0; t < tiles; t++)
            __builtin_prefetch(work->results[row + (size_t)r] + work->output + t * 16, 1, 3);
}

/// Some rows' panels; behind the last columns their sums become results.
inlined void multiply_panel_block(struct product_kind kind, int tiles, int rows, const struct panel_work *work,
                                  size_t row) {
    float *sums[8];
    for (int r = 0; r < rows; r++) sums[r] = work->sums + (row + (size_t)r) * panel_lanes;
    if (work->ends) prefetch_results(tiles, rows, work, row);
    multiply_panel(kind, tiles, rows, work, row, sums);
    if (!work->ends) return;
    for (int r = 0; r < rows; r++) {
        float *results = work->results[row + (size_t)r] + work->output;
        for (int t = 0; t < tiles; t++)
            store_some_floats(results + t * 16, load_floats(sums[r] + t * 16), t + 1 < tiles ? 16 : work->lanes);
    }
}

inlined void multiply_panel_rows(struct product_kind kind, int tiles, const struct panel_work *work, size_t count) {
    size_t row = 0;
    // Six rows' sums and a minimum do not fit the registers; in superblocks it is added behind the parts.
#define block_case(width)                                                                                              \
    for (; row + width <= count; row += width) multiply_panel_block(kind, tiles, width, work, row)
    if (product_rows_limit >= 6 && (kind.in_superblocks || !kind.has_minimums)) {
        block_case(6);
        block_case(5);
    }
    if (product_rows_limit >= 4) {
        block_case(4);
        block_case(3);
    }
    block_case(2);
    block_case(1);
#undef block_case
}

static __attribute__((noinline)) void multiply_panels(struct product_kind kind, int tiles,
                                                      const struct panel_work *work, size_t count) {
#define panel_case(superblocks, per_16, minimums, highest)                                                             \
    if (kind.in_superblocks == superblocks && kind.scales_per_16 == per_16 && kind.has_minimums == minimums &&         \
        kind.highest_code == highest) {                                                                                \
        const struct product_kind constant = {superblocks, per_16, minimums, highest,                                  \
                                              panels_share_an_offset ? 7 : kind.offset_shift};                         \
        if (tiles == 2)                                                                                                \
            multiply_panel_rows(constant, 2, work, count);                                                             \
        else                                                                                                           \
            multiply_panel_rows(constant, 1, work, count);                                                             \
        return;                                                                                                        \
    }
    if (!panels_are_signed) {
        panel_case(false, false, false, 255);
        panel_case(true, false, false, 255);
    }
    if (small_codes_matter) {
        panel_case(false, false, false, 15);
        panel_case(false, false, false, 31);
        panel_case(false, false, true, 15);
        panel_case(false, false, true, 31);
        panel_case(true, false, true, 15);
        panel_case(true, false, true, 31);
        panel_case(true, true, false, 15);
        panel_case(true, true, false, 63);
        panel_case(true, true, true, 15);
    } else {
        panel_case(false, false, false, 127);
        panel_case(false, false, true, 127);
        panel_case(true, false, false, 127);
        panel_case(true, false, true, 127);
        panel_case(true, true, false, 127);
        panel_case(true, true, true, 127);
    }
#undef panel_case
}

/// Steps of a panel's multiplication: row blocks as multiply_panel_rows cuts them, times groups.
static size_t panel_steps(size_t rows, size_t groups) {
    const size_t block = product_rows_limit >= 4 ? product_rows_limit : 2;
    return (rows + block - 1) / block * groups;
}

/// The panel of columns that comes after the one at `column`: of the same tiles, or the first one of `next_tiles`.
static struct prefetch_stream upcoming_panel(const struct weight_tiles *weights, const uint8_t *tiles_data, int tiles,
                                             size_t column, const uint8_t *next_tiles, size_t steps) {
    const struct tile_traits traits = traits_of(weights->format);
    const bool is_last = column + panel_columns >= weights->columns;
    const size_t first = is_last ? 0 : column + panel_columns;
    const size_t left = weights->columns - first, columns = left < panel_columns ? left : panel_columns;
    const size_t lines = superblock_count(traits, columns) * superblock_bytes(traits) / 64;
    const uint8_t *data = is_last ? next_tiles : tiles_data;
    struct prefetch_stream stream = {0};
    if (!data) return stream;
    for (int t = 0; t < tiles; t++) {
        stream.bytes[t] =
            data + (size_t)t * weights->tile_bytes + first / traits.superblock_columns * superblock_bytes(traits);
        stream.lines[t] = lines;
    }
    stream.lines_per_step = (lines * (size_t)tiles + steps - 1) / steps;
    return stream;
}

/// Up to `panel_rows` rows.
static void multiply_through_panels(const struct weight_tiles *weights, size_t tile, int tiles,
                                    const struct multiply_rows *rows, const uint8_t *next_tiles,
                                    struct panel_scratch *scratch) {
    const size_t outputs_left = weights->rows - (tile + (size_t)tiles - 1) * 16;
    const uint8_t *data = (const uint8_t *)weights->data + tile * weights->tile_bytes;
    for (size_t column = 0; column < weights->columns; column += panel_columns) {
        const size_t left = weights->columns - column;
        const size_t columns = left < panel_columns ? left : panel_columns;
        const size_t groups = activation_block_count(columns) / 2;
        for (int t = 0; t < tiles; t++)
            unpack_panel(weights->format, data + (size_t)t * weights->tile_bytes, column, columns, &scratch->panels[t]);
        struct prefetch_stream upcoming =
            upcoming_panel(weights, data, tiles, column, next_tiles, panel_steps(rows->count, groups));
        const struct panel_work work = {
            .panels = scratch->panels,
            .groups = groups,
            .first_block = column / 32,
            .blocks = rows->blocks,
            .sums = scratch->sums,
            .results = rows->results,
            .output = tile * 16 - rows->first_output,
            .lanes = outputs_left < 16 ? outputs_left : 16,
            .continues = column > 0,
            .ends = column + columns == weights->columns,
            .upcoming = &upcoming,
        };
        multiply_panels(panel_kind_of(weights->format), tiles, &work, rows->count);
    }
}

#endif
