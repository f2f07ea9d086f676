#define _GNU_SOURCE

#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Only system calls from here to execve: this runs in the parent's memory (vfork).
static int become(const struct clinux_program *program, pid_t parent) {
    if (setpgid(0, 0) != 0) return errno;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
    if (getppid() != parent) return ESRCH; // it went before the signal was armed

    // Ignored signals stay ignored across exec; caught ones do not.
    struct sigaction standard;
    memset(&standard, 0, sizeof standard);
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++) sigaction(number, &standard, NULL);

    // A stream that already sits at 0, 1 or 2 could be overwritten before it is used.
    int streams[3];
    for (int index = 0; index < 3; index++) {
        streams[index] = program->streams[index];
        if (streams[index] < 3) streams[index] = fcntl(streams[index], F_DUPFD_CLOEXEC, 3);
        if (streams[index] < 0) return errno;
    }
    for (int index = 0; index < 3; index++) {
        if (dup2(streams[index], index) < 0) return errno;
    }
    // Whatever a library opened without O_CLOEXEC stays ours.
    if (syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC) != 0) return errno;
    if (program->directory && chdir(program->directory) != 0) return errno;

    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    char *const *environment = program->environment ? program->environment : environ;
    execve(program->path, program->arguments, environment);
    return errno;
}

int clinux_spawn(const struct clinux_program *program, pid_t *pid, int *pidfd) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before); // no handler of ours may run in the child
    volatile int failure = 0; // written by the child, which shares this memory
    pid_t parent = getpid();
    pid_t child = vfork();
    if (child == 0) {
        failure = become(program, parent);
        _exit(127);
    }
    int error = child < 0 ? errno : failure;
    if (child > 0 && error == 0) {
        *pidfd = (int)syscall(SYS_pidfd_open, child, 0);
        if (*pidfd < 0) {
            error = errno;
            kill(child, SIGKILL);
        }
    }
    if (child > 0 && error != 0) waitpid(child, NULL, 0);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    *pid = child;
    return error;
}

int clinux_child_exit(int pidfd, int reap, struct clinux_exit *exit) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    int result;
    do {
        result = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | (reap ? 0 : WNOWAIT));
    } while (result < 0 && errno == EINTR);
    if (result < 0) return -1;
    if (info.si_pid == 0) return 0;
    exit->code = info.si_code;
    exit->status = info.si_status;
    return 1;
}
