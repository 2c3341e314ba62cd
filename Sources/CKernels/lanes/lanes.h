#ifndef PONDER_LANES_H
#define PONDER_LANES_H

// Sixteen lanes as clang's vector types: one 512-bit register, two of 256 bits or four of 128, whatever the file that
// includes this is compiled for. Included after that file's target attribute, so every function here is static.

#include "../exponential.h"
#include "../float_formats.h"
#include "../tile_layout.h"

#pragma clang diagnostic ignored "-Wpsabi"

#define inlined static inline __attribute__((always_inline))

typedef float f32x16 __attribute__((ext_vector_type(16)));
typedef int32_t i32x16 __attribute__((ext_vector_type(16)));
typedef uint32_t u32x16 __attribute__((ext_vector_type(16)));
typedef uint8_t u8x64 __attribute__((ext_vector_type(64)));
typedef int8_t i8x16 __attribute__((ext_vector_type(16)));
typedef uint8_t u8x16 __attribute__((ext_vector_type(16)));
typedef uint16_t u16x16 __attribute__((ext_vector_type(16)));
typedef _Float16 f16x16 __attribute__((ext_vector_type(16)));

#define load_vector(type, address)                                                                                     \
    ({                                                                                                                 \
        type loaded;                                                                                                   \
        __builtin_memcpy(&loaded, (address), sizeof loaded);                                                           \
        loaded;                                                                                                        \
    })
#define store_vector(address, vector) __builtin_memcpy((address), &(vector), sizeof(vector))

inlined f32x16 load_floats(const float *p) { return load_vector(f32x16, p); }
inlined void store_floats(float *p, f32x16 v) { store_vector(p, v); }
inlined f32x16 splat(float x) { return (f32x16)x; }
inlined f32x16 fused(f32x16 a, f32x16 b, f32x16 c) { return __builtin_elementwise_fma(a, b, c); }
inlined f32x16 as_floats(i32x16 v) { return __builtin_convertvector(v, f32x16); }
inlined f32x16 larger_of(f32x16 a, f32x16 b) { return a > b ? a : b; }

inlined f32x16 load_halves(const void *p) { return __builtin_convertvector(load_vector(f16x16, p), f32x16); }
inlined f32x16 load_bfloats(const void *p) {
    return (f32x16)(__builtin_convertvector(load_vector(u16x16, p), u32x16) << 16);
}

/// The first `count` floats; the other lanes hold `filler`.
inlined f32x16 load_some_floats(const float *p, size_t count, float filler) {
    if (count >= 16) return load_floats(p);
    f32x16 v = splat(filler);
    for (size_t i = 0; i < count; i++) v[i] = p[i];
    return v;
}

inlined void store_some_floats(float *p, f32x16 v, size_t count) {
    if (count >= 16) {
        store_floats(p, v);
        return;
    }
    float lanes[16];
    store_floats(lanes, v);
    memcpy(p, lanes, count * sizeof(float));
}

/// Lane j takes lane j + 8, then j + 4, j + 2, j + 1.
inlined float folded(f32x16 v) {
    const f32x16 a = v + __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    const f32x16 b = a + __builtin_shufflevector(a, a, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3);
    return (b[0] + b[2]) + (b[1] + b[3]);
}

inlined float largest_lane(f32x16 v) {
    const f32x16 a = larger_of(v, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
    const f32x16 b = larger_of(a, __builtin_shufflevector(a, a, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3));
    const float first = b[0] > b[2] ? b[0] : b[2], second = b[1] > b[3] ? b[1] : b[3];
    return first > second ? first : second;
}

/// Bytes ahead of the weights in use: the hardware's own prefetching falls behind where several rows meet them. A single row's
/// loads follow each other fast enough for it.
enum { prefetch_distance = 8192 };

/// Brings a line into the second-level cache, which has room for what is wanted later, and the hardware brings it nearer.
inlined void prefetch_line(const uint8_t *line) { __builtin_prefetch(line, 0, 2); }

inlined void prefetch_bytes(const uint8_t *bytes, int count) {
#pragma clang loop unroll(full)
    for (int offset = 0; offset < count; offset += 64) prefetch_line(bytes + offset);
}

/// `exponential` in every lane.
inlined f32x16 exponentials(f32x16 x) {
    const f32x16 highest = splat(exponential_highest);
    const f32x16 bounded = highest < x ? highest : x;
    const f32x16 shifted = fused(bounded, splat(inverse_of_ln_2), splat(rounding_shift));
    const f32x16 n = shifted - splat(rounding_shift);
    const f32x16 r = fused(n, splat(-ln_2_low), fused(n, splat(-ln_2_high), bounded));
    f32x16 series = splat(inverse_factorials[7]);
#pragma clang loop unroll(full)
    for (int i = 6; i >= 0; i--) series = fused(series, r, splat(inverse_factorials[i]));
    const u32x16 exponent = (u32x16)shifted - (u32x16)splat(rounding_shift) + 127u;
    const f32x16 power = (f32x16)(exponent << 23);
    return x < splat(exponential_lowest) ? splat(0) : series * power;
}

#endif
