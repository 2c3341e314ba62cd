#include "kernel_tables.h"

const struct kernel_table *kernels_for(enum instruction_set limit) {
    const enum instruction_set detected = detected_instruction_set();
    const enum instruction_set chosen = limit < detected ? limit : detected;
#if defined(__x86_64__)
    if (chosen == instruction_set_avx512) return &avx512_kernels;
    if (chosen == instruction_set_avx2) return &avx2_kernels;
#endif
    (void)chosen;
    return &reference_kernels;
}
