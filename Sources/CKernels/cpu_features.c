#include "CKernels.h"

#if defined(__x86_64__)
#include <cpuid.h>

static unsigned long long enabled_state_components(void) {
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (unsigned long long)high << 32 | low;
}

static bool has_further_feature(int bit) {
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & 1u << bit);
}

/// Dot products of bytes in 256 bits: some processors with AVX-512 have them, some do not.
static bool has_avx_vnni(void) { return has_further_feature(4); }

static bool has_avx512_bf16(void) { return has_further_feature(5); }

enum instruction_set detected_instruction_set(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return instruction_set_portable;
    const unsigned fma = 1u << 12, xsave = 1u << 27, avx = 1u << 28, f16c = 1u << 29;
    const unsigned wanted = fma | xsave | avx | f16c;
    if ((c & wanted) != wanted) return instruction_set_portable;
    const unsigned long long state = enabled_state_components();
    if ((state & 0x06) != 0x06) return instruction_set_portable;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return instruction_set_portable;
    if (!(b & 1u << 5)) return instruction_set_portable;
    const unsigned foundation = 1u << 16, doubleword = 1u << 17, byte_word = 1u << 30, vector_length = 1u << 31;
    const unsigned avx512 = foundation | doubleword | byte_word | vector_length;
    const unsigned neural_network = 1u << 11;
    if ((state & 0xe6) == 0xe6 && (b & avx512) == avx512 && (c & neural_network))
        return has_avx512_bf16() ? instruction_set_avx512_bf16 : instruction_set_avx512;
    return has_avx_vnni() ? instruction_set_avx2_vnni : instruction_set_avx2;
}

#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>

enum instruction_set detected_instruction_set(void) {
    if (!(getauxval(AT_HWCAP) & HWCAP_ASIMDDP)) return instruction_set_portable;
    return getauxval(AT_HWCAP2) & HWCAP2_I8MM ? instruction_set_neon_i8mm : instruction_set_neon;
}

#else

enum instruction_set detected_instruction_set(void) { return instruction_set_portable; }

#endif

#if !defined(__x86_64__)
static bool has_avx_vnni(void) { return false; }
#endif

bool instruction_set_is_supported(enum instruction_set set) {
    const enum instruction_set detected = detected_instruction_set();
    if (set == instruction_set_portable || set == detected) return true;
    if (set == instruction_set_avx2_vnni && !has_avx_vnni()) return false;
    const bool is_arm = detected >= instruction_set_neon;
    return set < detected && (set >= instruction_set_neon) == is_arm;
}
