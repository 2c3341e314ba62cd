#pragma STDC FP_CONTRACT OFF
#include "../kernel_tables.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"))),   \
                             apply_to = function)

#include "avx512_lanes.h"

#include "../lanes/lanes_bfloats.h"
#include "../lanes/lanes_table.h"

const struct kernel_table avx512_kernels = lanes_table(instruction_set_avx512);

#pragma clang attribute pop
#endif
