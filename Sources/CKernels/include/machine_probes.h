#ifndef PONDER_MACHINE_PROBES_H
#define PONDER_MACHINE_PROBES_H

#include <stddef.h>
#include <stdint.h>

/// Short pieces of work that use one part of the machine as fully as an instruction set can; for one thread each.
struct machine_probes {
    /// Reads `byte_count` bytes, a multiple of 256, at `memory`, aligned to 64; the result depends on all of them.
    uint64_t (*read)(const void *memory, size_t byte_count);

    /// Multiplies and adds bytes as the quantised kernels do, without memory; answers how many operations those were,
    /// a multiplication and an addition counting two. Starts from `*result`.
    size_t (*integers)(size_t rounds, int32_t *result);

    /// The same with floats, starting from `*result`.
    size_t (*floats)(size_t rounds, float *result);

    /// The same with pairs of BF16, starting from the bits of two in `*result`.
    size_t (*bfloats)(size_t rounds, uint32_t *result);
};

#endif
