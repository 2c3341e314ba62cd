#include "comparison.h"

// Compares every kernel of every table that this processor can run with the plain reference: multiply, attention and
// elementwise. Prints what it compared and a digest of the reference's results.

static uint64_t random_state, digest = 0xcbf29ce484222325u;
static size_t compared_count, complaint_count;

void seed_random(uint64_t seed) { random_state = seed; }

uint64_t next_random(void) {
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t bits = random_state;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111ebu;
    return bits ^ bits >> 31;
}

float random_number(enum number_kind kind) {
    const uint64_t bits = next_random();
    const float value = (float)(int32_t)(bits >> 32) * 0x1p-31f;
    uint32_t word = (uint32_t)bits;
    float any;
    switch (kind) {
    case ordinary_numbers: return bits % 50 == 0 ? value * 10 : value;
    case tiny_numbers: return value * (bits % 2 ? 0x1p-124f : 0x1p-140f);
    case huge_numbers: return value * 0x1p127f;
    case equal_numbers: return value < 0 ? -3.0f : 3.0f;
    case any_numbers:
        // No arithmetic makes a signalling NaN, and compilers may take `a > b ? a : b` for an instruction that lets one
        // through.
        if ((word & 0x7fffffff) > 0x7f800000) word |= 0x400000;
        memcpy(&any, &word, sizeof any);
        return any;
    default: return bits % 2 ? 0.0f : -0.0f;
    }
}

float *random_numbers(enum number_kind kind, size_t count) {
    float *values = memory_of(count * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = random_number(kind);
    return values;
}

void *memory_of(size_t byte_count) {
    const size_t rounded = (byte_count + 64) / 64 * 64;
    void *memory = aligned_alloc(64, rounded);
    if (!memory) exit(EXIT_FAILURE);
    return memset(memory, 0, rounded);
}

static void complain(const struct comparison *comparison, size_t index, uint32_t found, uint32_t expected) {
    const size_t *details = comparison->details;
    if (complaint_count++ < 20)
        printf("set %d: %s (%zu, %zu, %zu, %zu), element %zu: %08x instead of %08x\n",
               comparison->kernels->instruction_set, comparison->what, details[0], details[1], details[2], details[3],
               index, found, expected);
}

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return isnan(value) ? 0x7fc00000u : bits;
}

void compare_floats(const struct comparison *comparison, const float *found, const float *expected, size_t count) {
    compared_count += count;
    for (size_t i = 0; i < count; i++)
        if (bits_of(found[i]) != bits_of(expected[i])) {
            complain(comparison, i, bits_of(found[i]), bits_of(expected[i]));
            return;
        }
}

void compare_bytes(const struct comparison *comparison, const void *found, const void *expected, size_t count) {
    compared_count += count;
    for (size_t i = 0; i < count; i++) {
        const uint8_t is = ((const uint8_t *)found)[i], wanted = ((const uint8_t *)expected)[i];
        if (is == wanted) continue;
        complain(comparison, i, is, wanted);
        return;
    }
}

static void add_to_digest(uint32_t word) { digest = (digest ^ word) * 0x100000001b3u; }

void digest_floats(const float *values, size_t count) {
    for (size_t i = 0; i < count; i++) add_to_digest(bits_of(values[i]));
}

void digest_bytes(const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) add_to_digest(((const uint8_t *)bytes)[i]);
}

static const char *const set_names[] = {"portable",    "avx2", "avx2_vnni", "avx512",
                                         "avx512_bf16", "neon", "neon_i8mm"};

int main(void) {
    const struct kernel_table *reference = kernels_for(instruction_set_portable);
    uint64_t reference_digest = 0;
    printf("tables:");
    for (int set = 0; set <= instruction_set_neon_i8mm; set++) {
        if (!instruction_set_is_supported((enum instruction_set)set)) continue;
        const struct kernel_table *kernels = kernels_for((enum instruction_set)set);
        printf(" %s", set_names[kernels->instruction_set]);
        digest = 0xcbf29ce484222325u;
        compare_multiply(reference, kernels);
        compare_attention(reference, kernels);
        compare_elementwise(reference, kernels);
        reference_digest = digest;
    }
    printf("\ncompared: %zu\ncomplaints: %zu\ndigest: %016llx\n", compared_count, complaint_count,
           (unsigned long long)reference_digest);
    return complaint_count > 0;
}
