// To be preloaded: looking up `slow.invalid` makes the file $SLOW_NAMES.asked and takes until there is
// a file $SLOW_NAMES.answer, and then finds nothing. Other names are looked up as ever.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
    int (*original)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
        (int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(
            RTLD_NEXT, "getaddrinfo");
    const char *base = getenv("SLOW_NAMES");
    if (!node || !base || strcmp(node, "slow.invalid") != 0)
        return original(node, service, hints, result);
    char path[4096];
    snprintf(path, sizeof path, "%s.asked", base);
    close(open(path, O_CREAT | O_WRONLY, 0644));
    snprintf(path, sizeof path, "%s.answer", base);
    while (access(path, F_OK) != 0) usleep(10000);
    return EAI_NONAME;
}
