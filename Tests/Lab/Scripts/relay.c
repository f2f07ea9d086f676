// Connects loopback addresses of this machine with ports inside a network namespace:
//
//     relay NAMESPACE LISTEN:PORT=TARGET:PORT…
//
// Listening sockets belong to the namespace they are made in. So they are bound first; then the
// process enters NAMESPACE, and every connection that it makes from there on is made inside.
// Says "ready" on standard output once all addresses are bound, and serves until it is killed.
// A target that refuses or resets shows as a reset, one that is silent as silence.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 128 * 1024, BATCH = 64 };

// What epoll points to. The kind comes first in each of the structures it stands in.
enum kind { LISTENER, END };

struct listener {
    enum kind kind;
    int fd;
    struct sockaddr_in target;
};

// One side of a connection, with what was read from it and is not yet written to the other side.
struct end {
    enum kind kind;
    int fd;
    struct connection *connection;
    struct end *other;
    uint32_t interest;
    size_t start, length;
    bool finished;  // it sends no more
    bool told;      // the other side was told so
    char buffer[BUFFER];
};

struct connection {
    struct end client, server;
    bool connecting, dead;
    struct connection *next_dead;
};

static int epoll;
static struct connection *dead;

static void fail(const char *what) {
    fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct sockaddr_in address(const char *text) {
    struct sockaddr_in result = {.sin_family = AF_INET};
    char host[INET_ADDRSTRLEN] = {0};
    const char *colon = strchr(text, ':');
    if (colon && (size_t)(colon - text) < sizeof host) {
        memcpy(host, text, (size_t)(colon - text));
        result.sin_port = htons((uint16_t)atoi(colon + 1));
    }
    if (inet_pton(AF_INET, host, &result.sin_addr) != 1 || result.sin_port == 0) {
        fprintf(stderr, "relay: not an address: %s\n", text);
        exit(64);
    }
    return result;
}

static void watch(struct end *end) {
    struct connection *c = end->connection;
    uint32_t wanted = 0;
    if (c->connecting) {
        wanted = end == &c->server ? EPOLLOUT : 0;
    } else {
        if (!end->finished && end->length == 0) wanted |= EPOLLIN;
        if (end->other->length > 0) wanted |= EPOLLOUT;
    }
    if (wanted == end->interest) return;
    struct epoll_event event = {.events = wanted, .data.ptr = end};
    epoll_ctl(epoll, EPOLL_CTL_MOD, end->fd, &event);
    end->interest = wanted;
}

// Freed only after the batch of events that may still point to it.
static void finish(struct connection *c, bool reset) {
    if (c->dead) return;
    c->dead = true;
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    struct end *ends[] = {&c->client, &c->server};
    for (int i = 0; i < 2; i++) {
        if (reset) setsockopt(ends[i]->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close(ends[i]->fd);
    }
    c->next_dead = dead;
    dead = c;
}

static bool would_block(void) { return errno == EAGAIN || errno == EINTR; }

// Writes what `from` holds to the other side. False when the connection is broken.
static bool drain(struct end *from) {
    while (from->length > 0) {
        ssize_t n = send(from->other->fd, from->buffer + from->start, from->length, MSG_NOSIGNAL);
        if (n < 0) return would_block();
        from->start += (size_t)n;
        from->length -= (size_t)n;
    }
    from->start = 0;
    if (from->finished && !from->told) {
        from->told = true;
        shutdown(from->other->fd, SHUT_WR);
    }
    return true;
}

static bool fill(struct end *from) {
    if (from->finished || from->length > 0) return true;
    ssize_t n = recv(from->fd, from->buffer, BUFFER, 0);
    if (n < 0) return would_block();
    from->length = (size_t)n;
    from->finished = n == 0;
    return drain(from);
}

static void serve(struct end *end, uint32_t events) {
    struct connection *c = end->connection;
    if (c->dead) return;
    if (c->connecting) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(c->server.fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0 || end == &c->client) {
            finish(c, true);
            return;
        }
        c->connecting = false;
    } else {
        bool whole = !(events & EPOLLOUT) || drain(end->other);
        whole = whole && (!(events & (EPOLLIN | EPOLLHUP)) || fill(end));
        if (!whole || (events & EPOLLERR)) {
            finish(c, true);
            return;
        }
        if (c->client.told && c->server.told) {
            finish(c, false);
            return;
        }
    }
    watch(&c->client);
    watch(&c->server);
}

static void adopt(struct connection *c, struct end *end, struct end *other, int fd) {
    int on = 1;
    end->kind = END;
    end->fd = fd;
    end->connection = c;
    end->other = other;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = 0, .data.ptr = end};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void welcome(struct listener *listener) {
    int client = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct connection *c = server < 0 ? NULL : malloc(sizeof *c);
    if (!c) {
        close(client);
        if (server >= 0) close(server);
        return;
    }
    // The buffers are not cleared: memory that a connection never fills is never touched.
    memset(&c->client, 0, offsetof(struct end, buffer));
    memset(&c->server, 0, offsetof(struct end, buffer));
    c->connecting = true;
    c->dead = false;
    adopt(c, &c->client, &c->server, client);
    adopt(c, &c->server, &c->client, server);
    if (connect(server, (struct sockaddr *)&listener->target, sizeof listener->target) < 0 &&
        errno != EINPROGRESS) {
        finish(c, true);
        return;
    }
    watch(&c->client);
    watch(&c->server);
}

static void bury(void) {
    while (dead) {
        struct connection *c = dead;
        dead = c->next_dead;
        free(c);
    }
}

static void bind_listener(char *pair) {
    char *equals = strchr(pair, '=');
    struct listener *l = malloc(sizeof *l);
    if (!equals || !l) {
        fprintf(stderr, "relay: not LISTEN:PORT=TARGET:PORT: %s\n", pair);
        exit(64);
    }
    *equals = 0;
    struct sockaddr_in local = address(pair);
    int on = 1;
    l->kind = LISTENER;
    l->target = address(equals + 1);
    l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(l->fd, (struct sockaddr *)&local, sizeof local) < 0) fail(pair);
    if (listen(l->fd, 512) < 0) fail(pair);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = l};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, l->fd, &event) < 0) fail("epoll");
}

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: relay NAMESPACE LISTEN:PORT=TARGET:PORT...\n");
        return 64;
    }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    epoll = epoll_create1(EPOLL_CLOEXEC);
    int namespace = open(arguments[1], O_RDONLY | O_CLOEXEC);
    if (epoll < 0 || namespace < 0) fail(arguments[1]);
    for (int i = 2; i < count; i++) bind_listener(arguments[i]);
    if (setns(namespace, CLONE_NEWNET) < 0) fail("setns");
    close(namespace);
    if (write(STDOUT_FILENO, "ready\n", 6) != 6) fail("standard output");
    close(STDOUT_FILENO);
    for (;;) {
        struct epoll_event events[BATCH];
        int n = epoll_wait(epoll, events, BATCH, -1);
        for (int i = 0; i < n; i++) {
            enum kind *kind = events[i].data.ptr;
            if (*kind == LISTENER)
                welcome(events[i].data.ptr);
            else
                serve(events[i].data.ptr, events[i].events);
        }
        bury();
    }
}
