#pragma STDC FP_CONTRACT OFF
#include "../exponential.h"
#include "reference_kernels.h"

static float folded(float *lanes) {
    for (size_t width = 8; width > 0; width /= 2)
        for (size_t lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
    return lanes[0];
}

static void normalize(const float *input, const float *weight, size_t count, float epsilon, float *output) {
    float lanes[16] = {0};
    for (size_t i = 0; i < count; i++) lanes[i % 16] = fmaf(input[i], input[i], lanes[i % 16]);
    const float inverse = 1.0f / sqrtf(folded(lanes) / (float)count + epsilon);
    for (size_t i = 0; i < count; i++) output[i] = input[i] * inverse * weight[i];
}

static void rotate(float *values, const float *cosines, const float *sines, size_t half) {
    for (size_t i = 0; i < half; i++) {
        const float first = values[i], second = values[half + i];
        values[i] = fmaf(first, cosines[i], -(second * sines[i]));
        values[half + i] = fmaf(second, cosines[i], first * sines[i]);
    }
}

static void activate(const float *gate, const float *up, size_t count, float *output) {
    for (size_t i = 0; i < count; i++) output[i] = gate[i] / (1.0f + exponential(-gate[i])) * up[i];
}

static void add(float *accumulator, const float *addend, size_t count) {
    for (size_t i = 0; i < count; i++) accumulator[i] += addend[i];
}

static void add_scaled(float *accumulator, const float *addend, float factor, size_t count) {
    for (size_t i = 0; i < count; i++) accumulator[i] = fmaf(addend[i], factor, accumulator[i]);
}

static void softmax(float *values, size_t count) {
    float maximum = -INFINITY, lanes[16] = {0};
    for (size_t i = 0; i < count; i++) maximum = values[i] > maximum ? values[i] : maximum;
    for (size_t i = 0; i < count; i++) {
        values[i] = exponential(values[i] - maximum);
        lanes[i % 16] += values[i];
    }
    const float inverse = 1.0f / folded(lanes);
    for (size_t i = 0; i < count; i++) values[i] *= inverse;
}

void select_largest(const float *values, size_t count, size_t chosen_count, int32_t *chosen) {
    for (size_t rank = 0; rank < chosen_count; rank++) {
        // Candidates come after the last choice in the order (value descending, index ascending).
        const bool is_first = rank == 0;
        const int32_t last = is_first ? 0 : chosen[rank - 1];
        const float limit = is_first ? INFINITY : values[last];
        int32_t best = -1;
        for (size_t i = 0; i < count; i++) {
            const int32_t index = (int32_t)i;
            const bool is_eligible = is_first || values[i] < limit || (values[i] == limit && index > last);
            if (is_eligible && values[i] == values[i] && (best < 0 || values[i] > values[best])) best = index;
        }
        // Only NaN is left: take the lowest indices not chosen yet.
        for (int32_t index = 0; best < 0; index++) {
            best = index;
            for (size_t earlier = 0; earlier < rank; earlier++)
                if (chosen[earlier] == index) best = -1;
        }
        chosen[rank] = best;
    }
}

const struct kernel_table reference_kernels = {
    .instruction_set = instruction_set_portable,
    .quantize_row = reference_quantize_row,
    .multiply_tiles = reference_multiply_tiles,
    .store_kv = reference_store_kv,
    .attend = reference_attend,
    .elementwise = {normalize, rotate, activate, add, add_scaled, softmax},
    .logits = {reference_find_maxima, reference_find_above, reference_weigh, reference_weigh_blocks},
    .probes = {reference_probe_read, reference_probe_integers, reference_probe_floats, reference_probe_bfloats},
};
