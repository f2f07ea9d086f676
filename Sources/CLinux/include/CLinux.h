#ifndef CLINUX_H
#define CLINUX_H

// What Swift's Glibc module lacks of Linux: epoll, eventfd, pidfd, pipe2, thread names, and a
// spawn that does between fork and exec what posix_spawn cannot.

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

// No _GNU_SOURCE here: it would change structures that Swift's Glibc module has declared
// without it. What needs it is in the .c files.

#define CLINUX_READABLE ((uint32_t)0x001)
#define CLINUX_WRITABLE ((uint32_t)0x004)
#define CLINUX_ERROR ((uint32_t)0x008)
#define CLINUX_HANGUP ((uint32_t)0x010)
#define CLINUX_PEER_HANGUP ((uint32_t)0x2000)
#define CLINUX_EDGE_TRIGGERED ((uint32_t)0x80000000)

_Static_assert(CLINUX_READABLE == EPOLLIN && CLINUX_WRITABLE == EPOLLOUT, "epoll's bits");
_Static_assert(CLINUX_ERROR == EPOLLERR && CLINUX_HANGUP == EPOLLHUP, "epoll's bits");
_Static_assert(CLINUX_PEER_HANGUP == EPOLLRDHUP, "epoll's bits");
_Static_assert(CLINUX_EDGE_TRIGGERED == (uint32_t)EPOLLET, "epoll's bits");

int clinux_epoll_create(void);
int clinux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t key);
int clinux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t key);
int clinux_epoll_remove(int epoll, int descriptor);
int clinux_eventfd(void);

/// Both ends are closed on exec; neither is non-blocking.
int clinux_pipe(int ends[2]);
/// A connected pair of stream sockets, non-blocking and closed on exec.
int clinux_socket_pair(int ends[2]);
/// A stream socket, non-blocking and closed on exec.
int clinux_stream_socket(int family);
/// Connects to a UNIX socket by its path; 0 or an errno.
int clinux_connect_unix(int descriptor, const char *path);
int clinux_set_nonblocking(int descriptor);

void clinux_name_thread(const char *name);
void clinux_block_all_signals(void);
/// How many heaps the process's threads share: mallopt(3), M_ARENA_MAX.
void clinux_limit_heaps(int count);
/// Blocks of so many bytes or more go back to the system as soon as they are free: mallopt(3),
/// M_MMAP_THRESHOLD, which else grows with what is freed.
void clinux_return_blocks_from(int size);

/// What became of a child: si_code and si_status of waitid(2).
struct clinux_exit {
    int code;
    int status;
};

/// 1 and the exit when the child has ended, 0 when it has not, -1 and errno otherwise.
/// The child is left to be waited for again unless `reap`.
int clinux_child_exit(int pidfd, int reap, struct clinux_exit *exit);

/// `Connection refused` for ECONNREFUSED; NULL for a number that has no meaning.
const char *clinux_error_text(int number);
/// `KILL` for SIGKILL; NULL for a number that has no name.
const char *clinux_signal_name(int number);

struct clinux_program {
    const char *path;
    char *const *arguments;
    /// NULL: the parent's.
    char *const *environment;
    /// NULL: the parent's.
    const char *directory;
    /// What becomes standard input, output and error.
    int streams[3];
};

/// Starts a program in a process group of its own that is killed when the calling *thread*
/// ends, with default signal dispositions and no descriptor but its three streams.
/// Returns 0 or an errno, of which one may come from execve itself.
int clinux_spawn(const struct clinux_program *program, pid_t *pid, int *pidfd);

#endif
