// killat: runs a program and kills it at the Nth system call of its process tree that writes.
//
//   killat MODE N REPORT PROGRAM ARGUMENT…
//
// All processes that descend from the program are traced, and their system calls that may
// change something outside of a process's memory are counted, in the order in which they are
// entered. At the Nth one, before the kernel has done anything of it, MODE says who is killed:
//
//   tree     every process at once, as when the power goes
//   program  the program alone, as `kill -9` does it; what it has started ends as it would
//   caller   the process that makes the call, as when memory runs out
//
// With N = 0, or one beyond the last, nobody is. REPORT is written at the end: `killed N CALL
// COMMAND WHAT`, or `completed COUNT`. Ends with the program's status, 128 + signal if it had one.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum kind { TO_DESCRIPTOR, OPENS, OPENS_AT, ALWAYS };

static const struct call {
    long number;
    const char *name;
    enum kind kind;
} calls[] = {
#define CALL(name, kind) {SYS_##name, #name, kind}
    CALL(write, TO_DESCRIPTOR), CALL(pwrite64, TO_DESCRIPTOR), CALL(writev, TO_DESCRIPTOR),
    CALL(pwritev, TO_DESCRIPTOR), CALL(pwritev2, TO_DESCRIPTOR), CALL(sendto, TO_DESCRIPTOR),
    CALL(sendmsg, TO_DESCRIPTOR), CALL(sendmmsg, TO_DESCRIPTOR), CALL(sendfile, TO_DESCRIPTOR),
    CALL(fsync, TO_DESCRIPTOR), CALL(fdatasync, TO_DESCRIPTOR), CALL(syncfs, TO_DESCRIPTOR),
    CALL(ftruncate, TO_DESCRIPTOR), CALL(fallocate, TO_DESCRIPTOR), CALL(fchmod, TO_DESCRIPTOR),
    CALL(fchown, TO_DESCRIPTOR), CALL(fsetxattr, TO_DESCRIPTOR), CALL(flock, TO_DESCRIPTOR),
    CALL(copy_file_range, ALWAYS), CALL(splice, ALWAYS), CALL(sync, ALWAYS),
    CALL(truncate, ALWAYS), CALL(openat, OPENS_AT), CALL(openat2, ALWAYS),
    CALL(renameat, ALWAYS), CALL(renameat2, ALWAYS), CALL(unlinkat, ALWAYS),
    CALL(mkdirat, ALWAYS), CALL(linkat, ALWAYS), CALL(symlinkat, ALWAYS), CALL(mknodat, ALWAYS),
    CALL(fchmodat, ALWAYS), CALL(fchownat, ALWAYS), CALL(utimensat, ALWAYS),
    CALL(setxattr, ALWAYS), CALL(lsetxattr, ALWAYS), CALL(mount, ALWAYS),
    // What newer architectures no longer have.
#ifdef SYS_open
    CALL(open, OPENS), CALL(creat, ALWAYS), CALL(rename, ALWAYS), CALL(unlink, ALWAYS),
    CALL(mkdir, ALWAYS), CALL(rmdir, ALWAYS), CALL(link, ALWAYS), CALL(symlink, ALWAYS),
    CALL(mknod, ALWAYS), CALL(chmod, ALWAYS), CALL(chown, ALWAYS), CALL(lchown, ALWAYS),
#endif
};

static void fail(const char *what) {
    fprintf(stderr, "killat: %s: %s\n", what, strerror(errno));
    exit(125);
}

// What a descriptor of a process leads to.
static void target(pid_t pid, uint64_t descriptor, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, (int)descriptor);
    ssize_t count = readlink(path, text, size - 1);
    text[count < 0 ? 0 : count] = 0;
}

// Text in the memory of a process, as far as it can be read.
static void text_at(pid_t pid, uint64_t address, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = memory < 0 ? -1 : pread(memory, text, size - 1, (off_t)address);
    if (memory >= 0) close(memory);
    text[count < 0 ? 0 : count] = 0;
}

// Finds out whether a call writes; `what` gets what it is about.
static const char *writing(
    pid_t pid, const struct __ptrace_syscall_info *info, char *what, size_t size
) {
    what[0] = 0;
    for (size_t index = 0; index < sizeof calls / sizeof *calls; index++) {
        const struct call *call = &calls[index];
        if ((uint64_t)call->number != info->entry.nr) continue;
        switch (call->kind) {
        case TO_DESCRIPTOR:
            target(pid, info->entry.args[0], what, size);
            // How threads wake each other, and what nobody keeps.
            if (strstr(what, "anon_inode:") == what || !strcmp(what, "/dev/null")) return NULL;
            return call->name;
        case OPENS:
        case OPENS_AT: {
            int at = call->kind == OPENS_AT;
            if (!(info->entry.args[1 + at] & (O_CREAT | O_TRUNC))) return NULL;
            text_at(pid, info->entry.args[at], what, size);
            return !strcmp(what, "/dev/null") ? NULL : call->name;
        }
        case ALWAYS: return call->name;
        }
    }
    return NULL;
}

static pid_t group_of(pid_t thread) {
    char path[64], line[256];
    pid_t group = thread;
    snprintf(path, sizeof path, "/proc/%d/status", thread);
    FILE *file = fopen(path, "re");
    if (!file) return thread;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "Tgid: %d", &group) == 1) break;
    }
    fclose(file);
    return group;
}

static void name_of(pid_t pid, char *name, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    FILE *file = fopen(path, "re");
    if (!file || !fgets(name, (int)size, file)) snprintf(name, size, "?");
    if (file) fclose(file);
    name[strcspn(name, "\n")] = 0;
}

// Those that live, so that all of them can be killed.
static pid_t *living;
static size_t living_count, living_room;

static void born(pid_t pid) {
    for (size_t index = 0; index < living_count; index++) {
        if (living[index] == pid) return;
    }
    if (living_count == living_room) {
        living_room = living_room ? living_room * 2 : 64;
        living = realloc(living, living_room * sizeof *living);
        if (!living) fail("memory");
    }
    living[living_count++] = pid;
}

static void gone(pid_t pid) {
    for (size_t index = 0; index < living_count; index++) {
        if (living[index] == pid) living[index] = living[--living_count];
    }
}

static pid_t start(char **words) {
    int gate[2];
    if (pipe2(gate, O_CLOEXEC) != 0) fail("pipe");
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        char byte;
        if (read(gate[0], &byte, 1) != 1) _exit(125);
        execvp(words[0], words);
        fail(words[0]);
    }
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK
        | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SEIZE, child, NULL, (void *)options) != 0) fail("ptrace");
    // Calls are seen from the next stop on, and here is one.
    if (ptrace(PTRACE_INTERRUPT, child, NULL, NULL) != 0) fail("ptrace");
    if (write(gate[1], "x", 1) != 1) fail("write");
    close(gate[0]);
    close(gate[1]);
    return child;
}

int main(int count, char **words) {
    if (count < 5) {
        fprintf(stderr, "usage: killat tree|program|caller N REPORT PROGRAM ARGUMENT...\n");
        return 64;
    }
    const char *mode = words[1];
    long wanted = strtol(words[2], NULL, 10), seen = 0;
    char verdict[1024] = "", what[512], command[64];
    int ending = 125;
    // Who started this ends it by a signal; what is traced then goes with it (EXITKILL).
    pid_t program = start(words + 4);
    born(program);

    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, __WALL)) > 0) {
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            gone(pid);
            if (pid == program) {
                ending = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            }
            continue;
        }
        born(pid);
        int number = WSTOPSIG(status), event = status >> 16;
        long request = PTRACE_SYSCALL, signal = 0;
        if (number == (SIGTRAP | 0x80)) {
            struct __ptrace_syscall_info info;
            const char *call = NULL;
            if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) > 0
                && info.op == PTRACE_SYSCALL_INFO_ENTRY) {
                call = writing(pid, &info, what, sizeof what);
            }
            if (call && ++seen == wanted) {
                name_of(pid, command, sizeof command);
                snprintf(verdict, sizeof verdict, "killed %ld %s %s %s", seen, call, command, what);
                if (!strcmp(mode, "tree")) {
                    for (size_t index = 0; index < living_count; index++) {
                        kill(living[index], SIGKILL);
                    }
                } else {
                    kill(!strcmp(mode, "caller") ? group_of(pid) : program, SIGKILL);
                }
            }
        } else if (event == PTRACE_EVENT_STOP && number != SIGTRAP) {
            request = PTRACE_LISTEN; // stopped by a signal, and to stay so
        } else if (event == 0) {
            signal = number;
        }
        ptrace(request, pid, NULL, (void *)signal); // it may have been killed meanwhile
    }
    if (!verdict[0]) snprintf(verdict, sizeof verdict, "completed %ld", seen);
    FILE *report = fopen(words[3], "we");
    if (!report || fprintf(report, "%s\n", verdict) < 0 || fclose(report) != 0) fail(words[3]);
    return ending;
}
