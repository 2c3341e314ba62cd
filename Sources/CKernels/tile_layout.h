#ifndef PONDER_TILE_LAYOUT_H
#define PONDER_TILE_LAYOUT_H

#include "CKernels.h"

// A tile of quantised weights is a row of superblocks; a superblock is a header (scales and minimums of 16 rows) and
// one or four groups of 64 columns. A group holds its codes in planes of 64-byte vectors. Lane r of a vector (bytes 4r
// to 4r + 3) belongs to output row r and holds 4 neighbouring columns. With half h (0, 1: which 32 of the 64 columns)
// and quad q (0...7: which 4 of the 32):
//   bytes      16 vectors: vector h * 8 + q
//   nibbles     8 vectors: vector q, low nibble h = 0, high nibble h = 1
//   bit pairs   4 vectors: vector h * 2 + q / 4, bits 2 * (q mod 4) and the one above
//   bits        2 vectors: vector h, bit q
// A code's planes follow each other, low bits first.

enum code_planes {
    planes_none, // float weights
    planes_byte,
    planes_nibble,
    planes_nibble_bit,
    planes_nibble_pair,
    planes_pair,
    planes_pair_bit,
};

enum header_layout {
    header_none,
    header_scale,         // [2][16] f16
    header_scale_minimum, // [2][16] f16 scales, then minimums to add
    header_scale_bfloat,  // [2][16] bf16
    header_six_bit,       // [16] f16 scale, [16] f16 minimum scale, 3 vectors of 6-bit factors (see six_bit_vectors)
    header_signed_16,     // [16] f16 scale, padding, [16 groups of 16 columns][16 rows] signed factors
    header_signed_8,      // the same with [8 groups of 32 columns]
    header_nibbles,       // [16] f16 scale, [16] f16 minimum scale, [16][16] factors: scale low, minimum high
};

/// What a tile of one format looks like. value = scale * (code - 2^offset_shift) - minimum.
struct tile_traits {
    enum code_planes planes;
    enum header_layout header;
    uint16_t superblock_columns;
    uint16_t header_bytes;
    uint16_t group_bytes;
    bool scales_per_16; // two scales per 32 columns instead of one
    bool has_minimums;
    bool codes_exceed_127; // codes need all 8 bits
    bool has_lookup;       // stored codes index a table
    int8_t offset_shift;   // -1: no offset
};

static inline struct tile_traits traits_of(enum weight_format format) {
    switch (format) {
    case weight_format_q8_0:
        return (struct tile_traits){planes_byte, header_scale, 64, 64, 1024, false, false, true, false, 7};
    case weight_format_q4_0:
        return (struct tile_traits){planes_nibble, header_scale, 64, 64, 512, false, false, false, false, 3};
    case weight_format_q4_1:
        return (struct tile_traits){planes_nibble, header_scale_minimum, 64, 128, 512, false, true, false, false, -1};
    case weight_format_q5_0:
        return (struct tile_traits){planes_nibble_bit, header_scale, 64, 64, 640, false, false, false, false, 4};
    case weight_format_q5_1:
        return (struct tile_traits){
            planes_nibble_bit, header_scale_minimum, 64, 128, 640, false, true, false, false, -1};
    case weight_format_q2_k:
        return (struct tile_traits){planes_pair, header_nibbles, 256, 320, 256, true, true, false, false, -1};
    case weight_format_q3_k:
        return (struct tile_traits){planes_pair_bit, header_signed_16, 256, 320, 384, true, false, false, false, 2};
    case weight_format_q4_k:
        return (struct tile_traits){planes_nibble, header_six_bit, 256, 256, 512, false, true, false, false, -1};
    case weight_format_q5_k:
        return (struct tile_traits){planes_nibble_bit, header_six_bit, 256, 256, 640, false, true, false, false, -1};
    case weight_format_q6_k:
        return (struct tile_traits){planes_nibble_pair, header_signed_16, 256, 320, 768, true, false, false, false, 5};
    case weight_format_iq4_nl:
        return (struct tile_traits){planes_nibble, header_scale, 64, 64, 512, false, false, true, true, 7};
    case weight_format_iq4_xs:
        return (struct tile_traits){planes_nibble, header_signed_8, 256, 192, 512, false, false, true, true, 7};
    case weight_format_mxfp4:
        return (struct tile_traits){planes_nibble, header_scale_bfloat, 64, 64, 512, false, false, false, true, 4};
    default: return (struct tile_traits){planes_none, header_none, 1, 0, 0, false, false, false, false, -1};
    }
}

/// Whether 256 columns share a scale, beside factors of their parts.
static inline bool has_superblocks(struct tile_traits traits) { return traits.superblock_columns == 256; }

static inline size_t superblock_bytes(struct tile_traits traits) {
    return traits.header_bytes + (size_t)traits.superblock_columns / 64 * traits.group_bytes;
}

static inline size_t superblock_count(struct tile_traits traits, size_t columns) {
    return (columns + traits.superblock_columns - 1) / traits.superblock_columns;
}

/// The codes that the 16 nibbles of a lookup format stand for: IQ4's values + 128, MXFP4's doubled values + 16.
extern const uint8_t iq4_codes[16];
extern const uint8_t mxfp4_codes[16];

static inline const uint8_t *lookup_of(enum weight_format format) {
    return format == weight_format_mxfp4 ? mxfp4_codes : iq4_codes;
}

/// One row's superblock: what file blocks and tiles both hold, in between.
struct superblock_contents {
    uint8_t codes[256];   // as stored, before any lookup
    uint16_t scales[2];   // f16 (or bf16) bits; [0] alone when there are factors
    uint16_t minimums[2]; // likewise
    int8_t scale_factors[16];
    uint8_t minimum_factors[16];
};

/// Reads `columns` (a superblock's or, at a row's end, 32) of a file's row into contents; the rest becomes zero.
void read_file_superblock(enum weight_format format, const uint8_t *blocks, size_t columns,
                          struct superblock_contents *contents);

/// Writes contents as row `row` of a tile's superblock, and reads them back.
void write_tile_superblock(enum weight_format format, const struct superblock_contents *contents, size_t row,
                           uint8_t *superblock);
void read_tile_superblock(enum weight_format format, const uint8_t *superblock, size_t row,
                          struct superblock_contents *contents);

/// The scale and the minimum of 16 columns (group = column / 16).
void contents_scale(enum weight_format format, const struct superblock_contents *contents, size_t group, float *scale,
                    float *minimum);

/// What the factors of a format with superblocks are multiplied with.
struct superblock_scale {
    float scale, minimum;
};

struct superblock_scale contents_superblock_scale(const struct superblock_contents *contents);

/// Which factor belongs to 16 columns (group = column / 16).
size_t factor_index(enum weight_format format, size_t group);

/// The code of a column after the lookup.
static inline uint8_t contents_code(enum weight_format format, const struct superblock_contents *contents,
                                    size_t column) {
    const uint8_t code = contents->codes[column];
    return traits_of(format).has_lookup ? lookup_of(format)[code] : code;
}

#endif
