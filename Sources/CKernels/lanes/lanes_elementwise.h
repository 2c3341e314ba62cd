#ifndef PONDER_LANES_ELEMENTWISE_H
#define PONDER_LANES_ELEMENTWISE_H

#include "lanes.h"

static size_t left_from(size_t i, size_t count) { return count - i; }

static void lanes_normalize(const float *input, const float *weight, size_t count, float epsilon, float *output) {
    f32x16 squares = splat(0);
    for (size_t i = 0; i < count; i += 16) {
        const f32x16 x = load_some_floats(input + i, left_from(i, count), 0);
        squares = fused(x, x, squares);
    }
    const f32x16 inverse = splat(1.0f / sqrtf(folded(squares) / (float)count + epsilon));
    for (size_t i = 0; i < count; i += 16) {
        const size_t left = left_from(i, count);
        const f32x16 x = load_some_floats(input + i, left, 0), w = load_some_floats(weight + i, left, 0);
        store_some_floats(output + i, x * inverse * w, left);
    }
}

static void lanes_rotate(float *values, const float *cosines, const float *sines, size_t half) {
    for (size_t i = 0; i < half; i += 16) {
        const size_t left = left_from(i, half);
        const f32x16 first = load_some_floats(values + i, left, 0),
                     second = load_some_floats(values + half + i, left, 0);
        const f32x16 cosine = load_some_floats(cosines + i, left, 0), sine = load_some_floats(sines + i, left, 0);
        store_some_floats(values + i, fused(first, cosine, -(second * sine)), left);
        store_some_floats(values + half + i, fused(second, cosine, first * sine), left);
    }
}

static void lanes_activate(const float *gate, const float *up, size_t count, float *output) {
    for (size_t i = 0; i < count; i += 16) {
        const size_t left = left_from(i, count);
        const f32x16 g = load_some_floats(gate + i, left, 0), u = load_some_floats(up + i, left, 0);
        store_some_floats(output + i, g / (splat(1) + exponentials(-g)) * u, left);
    }
}

static void lanes_add(float *accumulator, const float *addend, size_t count) {
    for (size_t i = 0; i < count; i += 16) {
        const size_t left = left_from(i, count);
        const f32x16 sum = load_some_floats(accumulator + i, left, 0) + load_some_floats(addend + i, left, 0);
        store_some_floats(accumulator + i, sum, left);
    }
}

static void lanes_add_scaled(float *accumulator, const float *addend, float factor, size_t count) {
    for (size_t i = 0; i < count; i += 16) {
        const size_t left = left_from(i, count);
        const f32x16 before = load_some_floats(accumulator + i, left, 0);
        store_some_floats(accumulator + i, fused(load_some_floats(addend + i, left, 0), splat(factor), before), left);
    }
}

static void lanes_softmax(float *values, size_t count) {
    f32x16 maxima = splat(-INFINITY), sums = splat(0);
    for (size_t i = 0; i < count; i += 16)
        maxima = larger_of(load_some_floats(values + i, left_from(i, count), -INFINITY), maxima);
    const float maximum = largest_lane(maxima);
    for (size_t i = 0; i < count; i += 16) {
        const size_t left = left_from(i, count);
        const f32x16 powers = exponentials(load_some_floats(values + i, left, -INFINITY) - splat(maximum));
        sums += powers;
        store_some_floats(values + i, powers, left);
    }
    const f32x16 inverse = splat(1.0f / folded(sums));
    for (size_t i = 0; i < count; i += 16) {
        const size_t left = left_from(i, count);
        store_some_floats(values + i, load_some_floats(values + i, left, 0) * inverse, left);
    }
}

#endif
