#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum { POLL_CAPACITY = 256 };

int linux_epoll_create(void) {
    int set = epoll_create1(EPOLL_CLOEXEC);
    return set < 0 ? -errno : set;
}

int linux_epoll_control(int set, int operation, int descriptor, uint32_t interest, uint64_t token) {
    struct epoll_event event = {.events = interest, .data = {.u64 = token}};
    return epoll_ctl(set, operation, descriptor, &event) < 0 ? -errno : 0;
}

int linux_epoll_poll(int set, uint64_t *tokens, uint32_t *readiness, int capacity, int timeout) {
    struct epoll_event events[POLL_CAPACITY];
    int count = epoll_wait(set, events, capacity < POLL_CAPACITY ? capacity : POLL_CAPACITY, timeout);
    if (count < 0) {
        return -errno;
    }
    for (int index = 0; index < count; index++) {
        tokens[index] = events[index].data.u64;
        readiness[index] = events[index].events;
    }
    return count;
}

int linux_bell_create(void) {
    int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return bell < 0 ? -errno : bell;
}

void linux_bell_ring(int bell) { (void)eventfd_write(bell, 1); }

int linux_accept(int listener) {
    int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int linux_socket(int family) {
    int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return descriptor < 0 ? -errno : descriptor;
}

ssize_t linux_receive(int descriptor, void *buffer, size_t capacity) {
    ssize_t count = recv(descriptor, buffer, capacity, 0);
    return count < 0 ? -errno : count;
}

ssize_t linux_send(int descriptor, struct iovec *pieces, int count) {
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)count};
    ssize_t sent = sendmsg(descriptor, &message, MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

int linux_adopt_listener(int descriptor) {
    int listens = 0;
    int type = 0;
    socklen_t size = sizeof listens;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0) {
        return -errno;
    }
    size = sizeof type;
    if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) < 0) {
        return -errno;
    }
    if (!listens || type != SOCK_STREAM) {
        return -EINVAL;
    }
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0) {
        return -errno;
    }
    return 0;
}

int linux_send_datagram(const char *path, const char *text) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address.sun_path) {
        return -EINVAL;
    }
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') {
        address.sun_path[0] = 0;
    }
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return -errno;
    }
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(descriptor, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address, size);
    int result = sent < 0 ? -errno : 0;
    close(descriptor);
    return result;
}

static int read_limit(int resource, linux_limit *limit) {
    struct rlimit found;
    if (getrlimit(resource, &found) != 0) {
        return -errno;
    }
    limit->soft = found.rlim_cur == RLIM_INFINITY ? UINT64_MAX : found.rlim_cur;
    limit->hard = found.rlim_max == RLIM_INFINITY ? UINT64_MAX : found.rlim_max;
    return 0;
}

int linux_descriptor_limit(linux_limit *limit) {
    return read_limit(RLIMIT_NOFILE, limit);
}

int linux_locked_memory_limit(linux_limit *limit) {
    return read_limit(RLIMIT_MEMLOCK, limit);
}

uint64_t linux_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

void linux_return_freed_memory(void) { malloc_trim(0); }

// A standard stream that whoever started the process closed is /dev/null, so that no socket gets its number and with it what is
// written there. It happens before main: Dispatch opens descriptors of its own.
__attribute__((constructor)) static void open_standard_streams(void) {
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) < 0 && errno == EBADF) {
            // The lowest number that is free, and so this one.
            (void)open("/dev/null", O_RDWR);
        }
    }
}
