#ifndef PONDER_KERNEL_TABLES_H
#define PONDER_KERNEL_TABLES_H

#include "CKernels.h"

extern const struct kernel_table reference_kernels;
extern const struct kernel_table avx2_kernels;
extern const struct kernel_table avx2_vnni_kernels;
extern const struct kernel_table avx512_kernels;
extern const struct kernel_table avx512_bf16_kernels;
extern const struct kernel_table neon_kernels;
extern const struct kernel_table neon_i8mm_kernels;

#endif
