#include "comparison.h"

// Kernels over single rows, of every length up to two vectors and of some longer ones; and the probes, which need only
// run.

enum { guard = 16, length_limit = 1000 };

struct element_rows {
    const float *first, *second;
    float *expected, *found;
    size_t count;
};

/// Both results start as the first row.
static void begin(struct element_rows *rows) {
    const size_t bytes = (rows->count + guard) * sizeof(float);
    memcpy(rows->expected, rows->first, bytes);
    memcpy(rows->found, rows->first, bytes);
}

static void end(const struct element_rows *rows, const struct kernel_table *kernels, const char *what) {
    compare_floats(&(struct comparison){kernels, what, {rows->count}}, rows->found, rows->expected,
                   rows->count + guard);
    digest_floats(rows->expected, rows->count);
}

static void compare_length(const struct elementwise_kernels *reference, const struct kernel_table *kernels,
                           struct element_rows rows) {
    const struct elementwise_kernels *own = &kernels->elementwise;
    const size_t count = rows.count, half = count / 2;
    begin(&rows);
    reference->normalize(rows.first, rows.second, count, 1e-6f, rows.expected);
    own->normalize(rows.first, rows.second, count, 1e-6f, rows.found);
    end(&rows, kernels, "normalize");
    begin(&rows);
    reference->normalize(rows.expected, rows.second, count, 1e-6f, rows.expected);
    own->normalize(rows.found, rows.second, count, 1e-6f, rows.found);
    end(&rows, kernels, "normalize in place");
    begin(&rows);
    reference->rotate(rows.expected, rows.second, rows.second + half, half);
    own->rotate(rows.found, rows.second, rows.second + half, half);
    end(&rows, kernels, "rotate");
    begin(&rows);
    reference->activate(rows.expected, rows.second, count, rows.expected);
    own->activate(rows.found, rows.second, count, rows.found);
    end(&rows, kernels, "activate");
    begin(&rows);
    reference->add(rows.expected, rows.second, count);
    own->add(rows.found, rows.second, count);
    end(&rows, kernels, "add");
    begin(&rows);
    reference->add_scaled(rows.expected, rows.second, 0.3f, count);
    own->add_scaled(rows.found, rows.second, 0.3f, count);
    end(&rows, kernels, "add_scaled");
    begin(&rows);
    reference->softmax(rows.expected, count);
    own->softmax(rows.found, count);
    end(&rows, kernels, "softmax");
}

/// Whole and broken blocks of the first row, with the second one's numbers as thresholds.
static void compare_logits(const struct logit_kernels *reference, const struct kernel_table *kernels,
                           struct element_rows rows) {
    const struct logit_kernels *own = &kernels->logits;
    const size_t count = rows.count, blocks = (count + logit_block_length - 1) / logit_block_length;
    const struct comparison about = {kernels, "logits", {count}};
    double wanted[length_limit / logit_block_length + 1], found[length_limit / logit_block_length + 1];
    const struct logit_cutoff cutoff = {rows.first[count / 2], (int32_t)(count / 2)};
    float maxima[length_limit / logit_block_length + 1];
    const float maximum = reference->find_maxima(rows.first, count, maxima);
    begin(&rows);
    memcpy(rows.expected, maxima, blocks * sizeof(float));
    const float own_maximum = own->find_maxima(rows.first, count, rows.found);
    compare_floats(&about, &own_maximum, &maximum, 1);
    end(&rows, kernels, "find_maxima");
    for (size_t start = 0; start < count; start += logit_block_length) {
        const size_t length = count - start < logit_block_length ? count - start : logit_block_length;
        const uint64_t above = reference->find_above(rows.first + start, length, rows.second[start]);
        const uint64_t own_above = own->find_above(rows.first + start, length, rows.second[start]);
        compare_bytes(&about, &own_above, &above, sizeof above);
    }
    begin(&rows);
    reference->weigh(rows.first, count, maximum, 1.25f, rows.expected);
    own->weigh(rows.first, count, maximum, 1.25f, rows.found);
    end(&rows, kernels, "weigh");
    const double total = reference->weigh_blocks(rows.first, count, maxima, cutoff, maximum, 1.25f, wanted);
    const double own_total = own->weigh_blocks(rows.first, count, maxima, cutoff, maximum, 1.25f, found);
    compare_bytes(&about, found, wanted, blocks * sizeof(double));
    compare_bytes(&about, &own_total, &total, sizeof total);
    digest_bytes(wanted, blocks * sizeof(double));
}

static void run_probes(const struct kernel_table *kernels) {
    const void *memory = memory_of(4096);
    int32_t word = 0x01020304;
    uint32_t pair = 0x3f003f00;
    float factor = 0.5f;
    const uint64_t read = kernels->probes.read(memory, 4096);
    const size_t integers = kernels->probes.integers(10, &word), floats = kernels->probes.floats(10, &factor);
    const size_t bfloats = kernels->probes.bfloats(10, &pair);
    const uint8_t is_fine = read == 0 && integers > 0 && floats > 0 && bfloats > 0, wanted = 1;
    compare_bytes(&(struct comparison){kernels, "probes", {integers, floats}}, &is_fine, &wanted, 1);
}

void compare_elementwise(const struct kernel_table *reference, const struct kernel_table *kernels) {
    static const size_t long_ones[] = {48, 63, 64, 100, 256, 999, length_limit};
    struct element_rows rows = {
        .expected = memory_of((length_limit + guard) * sizeof(float)),
        .found = memory_of((length_limit + guard) * sizeof(float)),
    };
    for (int kind = 0; kind < number_kind_count; kind++) {
        seed_random(1000 + (uint64_t)kind);
        rows.first = random_numbers((enum number_kind)kind, length_limit + guard);
        rows.second = random_numbers(kind == any_numbers ? any_numbers : ordinary_numbers, length_limit + guard);
        for (rows.count = 1; rows.count <= 40; rows.count++) {
            compare_length(&reference->elementwise, kernels, rows);
            compare_logits(&reference->logits, kernels, rows);
        }
        for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++) {
            rows.count = long_ones[i];
            compare_length(&reference->elementwise, kernels, rows);
            compare_logits(&reference->logits, kernels, rows);
        }
    }
    run_probes(kernels);
}
