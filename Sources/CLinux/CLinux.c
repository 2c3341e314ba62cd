#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <malloc.h>

enum { POLL_CAPACITY = 256 };

int linux_epoll_create(void) {
    int set = epoll_create1(EPOLL_CLOEXEC);
    return set < 0 ? -errno : set;
}

int linux_epoll_control(int set, int operation, int descriptor, uint32_t interest, uint64_t token) {
    struct epoll_event event = {.events = interest, .data = {.u64 = token}};
    return epoll_ctl(set, operation, descriptor, &event) < 0 ? -errno : 0;
}

int linux_epoll_poll(int set, uint64_t *tokens, uint32_t *readiness, int capacity) {
    struct epoll_event events[POLL_CAPACITY];
    int count = epoll_wait(set, events, capacity < POLL_CAPACITY ? capacity : POLL_CAPACITY, 0);
    if (count < 0) {
        return -errno;
    }
    for (int index = 0; index < count; index++) {
        tokens[index] = events[index].data.u64;
        readiness[index] = events[index].events;
    }
    return count;
}

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
