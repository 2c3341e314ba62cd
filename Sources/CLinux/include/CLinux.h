#ifndef PONDER_CLINUX_H
#define PONDER_CLINUX_H

// System headers that the Glibc module does not export to Swift.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>

/// Creates an epoll set. Returns its descriptor, or -errno.
int linux_epoll_create(void);

/// Adds, changes or removes `descriptor` in an epoll set; `operation` is EPOLL_CTL_ADD, _MOD or _DEL.
/// Returns 0, or -errno.
int linux_epoll_control(int set, int operation, int descriptor, uint32_t interest, uint64_t token);

/// Takes what is ready, and waits for it up to `timeout` milliseconds, without end for -1: `tokens` and `readiness` have room for
/// `capacity` (at most 256) entries. Returns how many were filled, or -errno.
int linux_epoll_poll(int set, uint64_t *tokens, uint32_t *readiness, int capacity, int timeout);

/// Makes a counter that is readable once it was rung. Returns its descriptor, or -errno.
int linux_bell_create(void);

/// Rings a bell.
void linux_bell_ring(int bell);

/// Accepts one connection, non-blocking and closed on exec. Returns its descriptor, or -errno.
int linux_accept(int listener);

/// Opens a non-blocking socket that is closed on exec. Returns its descriptor, or -errno.
int linux_socket(int family);

/// Reads what is there, up to `capacity` bytes. Returns the count, 0 at the end of the stream, or -errno.
ssize_t linux_receive(int descriptor, void *buffer, size_t capacity);

/// Writes the pieces in order without raising SIGPIPE. Returns how many bytes were taken, or -errno.
ssize_t linux_send(int descriptor, struct iovec *pieces, int count);

/// Makes a descriptor non-blocking and closed on exec. Returns 0, or -errno; -EINVAL if it is no stream socket that listens.
int linux_adopt_listener(int descriptor);

/// Sends a text as one datagram to a Unix domain socket; a path that begins with @ is an abstract name. Returns 0, or -errno.
int linux_send_datagram(const char *path, const char *text);

/// Lifts the limit of open descriptors to what the system allows. Returns the limit now in force.
uint64_t linux_raise_descriptor_limit(void);

/// What a process may have of something; UINT64_MAX stands for no limit.
typedef struct {
    uint64_t soft;
    uint64_t hard;
} linux_limit;

/// How many descriptors may be open. Returns 0, or -errno.
int linux_descriptor_limit(linux_limit *limit);

/// How many bytes of memory may be locked. Returns 0, or -errno.
int linux_locked_memory_limit(linux_limit *limit);

/// Gives the memory that was freed back to the system, where the allocator keeps it.
void linux_return_freed_memory(void);

/// Has reads of a mapped file go on with zeros where the file does not answer (it was cut short, or its disk failed), instead of
/// ending the process by SIGBUS. `start` is a page's. Returns a name for the mapping, to be given back before it is unmapped, or -1
/// where too many are guarded: then all is as without.
int linux_guard_mapping(const void *start, size_t byte_count);

/// Whether a guarded mapping did not answer, so that what was read of it since cannot be trusted. Never for -1.
int linux_mapping_is_damaged(int guard);

/// Ends a guard.
void linux_unguard_mapping(int guard);

/// Takes the terminal of standard input over for single keys: no echo, no lines, no signals from keys, and pastes marked
/// as such. The mode it had comes back by `linux_terminal_restore`, which also runs when the process exits or dies of a
/// signal. Output keeps its translation of line ends. May be called again. Returns 0, or -errno.
int linux_terminal_take_over(void);

/// Gives the terminal back in the mode that it had. Does nothing where it was not taken over. Safe in signal handlers.
void linux_terminal_restore(void);

/// The size of a descriptor's terminal, in characters. Returns 0, or -errno.
int linux_terminal_size(int descriptor, int *columns, int *rows);

#endif
