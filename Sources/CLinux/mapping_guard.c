#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

// Reading a mapped page whose file was cut short, or whose disk fails, raises SIGBUS, which by default ends the process. For
// mappings that are listed here the handler puts zeros in place of the rest of the mapping and notes it, so that whoever reads goes
// on and learns of it afterwards.

enum { GUARD_LIMIT = 512 };
enum guard_state { FREE, RESERVED, INTACT, DAMAGED };

static struct guard {
    _Atomic uintptr_t start;
    _Atomic size_t byte_count;
    _Atomic int state;
} guards[GUARD_LIMIT];

static struct sigaction previous;
static size_t page_size;

// Everything here may be called in a signal handler: atomics, and system calls without state of their own.
static void bus_error(int number, siginfo_t *info, void *context) {
    (void)context;
    const int error = errno;
    const uintptr_t address = (uintptr_t)info->si_addr;
    for (int index = 0; info->si_code > 0 && index < GUARD_LIMIT; index++) {
        struct guard *guard = &guards[index];
        const int state = atomic_load(&guard->state);
        if (state != INTACT && state != DAMAGED) continue;
        const uintptr_t start = atomic_load(&guard->start);
        const size_t byte_count = atomic_load(&guard->byte_count);
        if (address < start || address - start >= byte_count) continue;
        atomic_store(&guard->state, DAMAGED);
        const uintptr_t page = address / page_size * page_size;
        void *zeros = mmap(
            (void *)page, start + byte_count - page, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
        if (zeros == MAP_FAILED) break;
        errno = error;
        return;
    }
    // Not ours: it happens again on return, and then what would have happened without this handler.
    sigaction(number, &previous, NULL);
    if (info->si_code <= 0) raise(number);
    errno = error;
}

static void install(void) {
    page_size = (size_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {.sa_sigaction = bus_error, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, &previous);
}

int linux_guard_mapping(const void *start, size_t byte_count) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    for (int index = 0; index < GUARD_LIMIT; index++) {
        struct guard *guard = &guards[index];
        int expected = FREE;
        if (!atomic_compare_exchange_strong(&guard->state, &expected, RESERVED)) continue;
        atomic_store(&guard->start, (uintptr_t)start);
        atomic_store(&guard->byte_count, byte_count);
        atomic_store(&guard->state, INTACT);
        return index;
    }
    return -1;
}

int linux_mapping_is_damaged(int guard) {
    return guard >= 0 && atomic_load(&guards[guard].state) == DAMAGED;
}

void linux_unguard_mapping(int guard) {
    if (guard >= 0) atomic_store(&guards[guard].state, FREE);
}
