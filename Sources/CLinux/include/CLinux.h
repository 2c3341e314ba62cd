#ifndef PONDER_CLINUX_H
#define PONDER_CLINUX_H

// System headers that the Glibc module does not export to Swift.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#endif
