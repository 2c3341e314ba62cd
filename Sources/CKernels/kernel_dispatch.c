#include "kernel_tables.h"

static const struct kernel_table *table_of(enum instruction_set set) {
    switch (set) {
#if defined(__x86_64__)
    case instruction_set_avx2: return &avx2_kernels;
    case instruction_set_avx2_vnni: return &avx2_vnni_kernels;
    case instruction_set_avx512: return &avx512_kernels;
    case instruction_set_avx512_bf16: return &avx512_bf16_kernels;
#elif defined(__aarch64__)
    case instruction_set_neon: return &neon_kernels;
    case instruction_set_neon_i8mm: return &neon_i8mm_kernels;
#endif
    default: return &reference_kernels;
    }
}

const struct kernel_table *kernels_for(enum instruction_set limit) {
    enum instruction_set set = limit;
    while (!instruction_set_is_supported(set)) set--;
    return table_of(set);
}
