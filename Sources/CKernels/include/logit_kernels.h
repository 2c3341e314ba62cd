#ifndef PONDER_LOGIT_KERNELS_H
#define PONDER_LOGIT_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// Logits of a block. A row of logits is cut into such blocks from its start; its last one may be shorter.
enum { logit_block_length = 64 };

/// Which logits of a row count: those above its own, and of those that equal it the ones up to an index.
struct logit_cutoff {
    float logit;
    int32_t index;
};

/// Kernels over a row of logits of which a token is drawn. What is not a number counts for nothing.
struct logit_kernels {
    /// maxima[b] = the largest value of block b, -infinity if there is none. Answers the largest of all.
    float (*find_maxima)(const float *values, size_t count, float *maxima);

    /// Bit i says whether values[i] > threshold; at most logit_block_length values.
    uint64_t (*find_above)(const float *values, size_t count, float threshold);

    /// weights[i] = exp((logits[i] - maximum) * scale).
    void (*weigh)(const float *logits, size_t count, float maximum, float scale, float *weights);

    /// block_weights[b] = the sum of block b's weights, as `weigh` makes them, over the logits that the cutoff admits:
    /// 16 lanes, folded in halves. A block whose maximum is -infinity or below the cutoff weighs nothing.
    /// Answers their sum, ascending.
    double (*weigh_blocks)(const float *logits, size_t count, const float *maxima, struct logit_cutoff cutoff,
                           float maximum, float scale, double *block_weights);
};

#pragma clang assume_nonnull end

#endif
