#pragma STDC FP_CONTRACT OFF
#include "../exponential.h"
#include "reference_kernels.h"

// Maxima, weights and thresholds of logits, block by block.

static size_t block_end(size_t start, size_t count) {
    return count - start < logit_block_length ? count : start + logit_block_length;
}

static float largest(float *lanes) {
    for (size_t width = 8; width > 0; width /= 2)
        for (size_t lane = 0; lane < width; lane++)
            lanes[lane] = lanes[lane] > lanes[lane + width] ? lanes[lane] : lanes[lane + width];
    return lanes[0];
}

float reference_find_maxima(const float *values, size_t count, float *maxima) {
    float maximum = -INFINITY;
    for (size_t start = 0; start < count; start += logit_block_length) {
        float lanes[16];
        for (size_t lane = 0; lane < 16; lane++) lanes[lane] = -INFINITY;
        for (size_t i = start; i < block_end(start, count); i++)
            lanes[i % 16] = values[i] > lanes[i % 16] ? values[i] : lanes[i % 16];
        const float highest = largest(lanes);
        maxima[start / logit_block_length] = highest;
        maximum = highest > maximum ? highest : maximum;
    }
    return maximum;
}

uint64_t reference_find_above(const float *values, size_t count, float threshold) {
    uint64_t above = 0;
    for (size_t i = 0; i < count; i++) above |= (uint64_t)(values[i] > threshold) << i;
    return above;
}

static float weight(float logit, float maximum, float scale) {
    const float power = exponential((logit - maximum) * scale);
    return power == power ? power : 0;
}

void reference_weigh(const float *logits, size_t count, float maximum, float scale, float *weights) {
    for (size_t i = 0; i < count; i++) weights[i] = weight(logits[i], maximum, scale);
}

double reference_weigh_blocks(const float *logits, size_t count, const float *maxima, struct logit_cutoff cutoff,
                              float maximum, float scale, double *block_weights) {
    double total = 0;
    for (size_t start = 0; start < count; start += logit_block_length) {
        const float highest = maxima[start / logit_block_length];
        float lanes[16] = {0};
        for (size_t i = start; i < block_end(start, count) && highest > -INFINITY && highest >= cutoff.logit; i++) {
            const bool is_admitted =
                logits[i] > cutoff.logit || (logits[i] == cutoff.logit && (int32_t)i <= cutoff.index);
            if (is_admitted) lanes[i % 16] += weight(logits[i], maximum, scale);
        }
        for (size_t width = 8; width > 0; width /= 2)
            for (size_t lane = 0; lane < width; lane++) lanes[lane] += lanes[lane + width];
        block_weights[start / logit_block_length] = lanes[0];
        total += lanes[0];
    }
    return total;
}
