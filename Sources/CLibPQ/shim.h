#ifndef CLIBPQ_SHIM_H
#define CLIBPQ_SHIM_H

#include <dlfcn.h>
#include <libpq-fe.h>
#include <stddef.h>

/// Bytes that OpenSSL has taken from the socket and libpq has not yet taken from OpenSSL: the
/// socket then need not become readable again, though there is something to be read. It happens
/// when a record is larger than the room in libpq's buffer, which it guarantees to be 8 KiB.
///
/// OpenSSL is libpq's affair: it is found where libpq's own loading has put it.
static inline int finflow_pq_decrypted(PGconn *connection) {
    void *tls = PQsslStruct(connection, "OpenSSL");
    if (!tls) return 0;
    int (*pending)(const void *) = (int (*)(const void *))dlsym(NULL, "SSL_pending");
    return pending ? pending(tls) : 0;
}

#endif
