#ifndef CLIBSSH2_SHIM_H
#define CLIBSSH2_SHIM_H

#include <errno.h>
#include <limits.h>
#include <libssh2.h>
#include <libssh2_sftp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/// What a session's callbacks share with its owner. It outlives the session.
struct finflow_ssh_transport {
    /// Bytes taken from the socket so far: whoever saw an older count may find something new.
    uint64_t received;
    uint64_t sent;
    /// No byte goes in or out any more: freeing a session then never waits for its peer.
    int cut;
    /// The peer has closed the stream; else the errno that ended it.
    int ended;
    int error;
    /// A key that something outside of libssh2 signs with: `request` is filled by the callback
    /// (owned here), `signature` by the owner before it repeats the call.
    unsigned char *request;
    size_t request_length;
    unsigned char *signature;
    size_t signature_length;
};

static inline ssize_t finflow_ssh_failure(struct finflow_ssh_transport *transport) {
    if (errno == EAGAIN || errno == EINTR) return -EAGAIN;
    transport->error = errno;
    return -errno;
}

static inline ssize_t finflow_ssh_receive(
    libssh2_socket_t socket, void *buffer, size_t length, int flags, void **abstract) {
    struct finflow_ssh_transport *transport = (struct finflow_ssh_transport *)*abstract;
    if (transport->cut) return -ECONNRESET;
    ssize_t count = recv(socket, buffer, length, flags);
    if (count < 0) return finflow_ssh_failure(transport);
    if (count == 0) transport->ended = 1;
    transport->received += (uint64_t)count;
    return count;
}

static inline ssize_t finflow_ssh_send(
    libssh2_socket_t socket, const void *buffer, size_t length, int flags, void **abstract) {
    struct finflow_ssh_transport *transport = (struct finflow_ssh_transport *)*abstract;
    if (transport->cut) return -ECONNRESET;
    ssize_t count = send(socket, buffer, length, flags | MSG_NOSIGNAL);
    if (count < 0) return finflow_ssh_failure(transport);
    transport->sent += (uint64_t)count;
    return count;
}

static inline LIBSSH2_SESSION *finflow_ssh_session(struct finflow_ssh_transport *transport) {
    LIBSSH2_SESSION *session = libssh2_session_init_ex(NULL, NULL, NULL, transport);
    if (!session) return NULL;
    libssh2_session_set_blocking(session, 0);
    libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, (void *)finflow_ssh_receive);
    libssh2_session_callback_set(session, LIBSSH2_CALLBACK_SEND, (void *)finflow_ssh_send);
    return session;
}

/// Hands out what must be signed and asks to be called again; then takes the signature.
static inline int finflow_ssh_sign(
    LIBSSH2_SESSION *session, unsigned char **signature, size_t *signature_length,
    const unsigned char *data, size_t data_length, void **abstract) {
    (void)session;
    struct finflow_ssh_transport *transport = (struct finflow_ssh_transport *)*abstract;
    if (transport->signature) {
        *signature = transport->signature; // libssh2 frees it with the session's `free`
        *signature_length = transport->signature_length;
        transport->signature = NULL;
        return 0;
    }
    if (!transport->request) {
        transport->request = (unsigned char *)malloc(data_length);
        if (!transport->request) return LIBSSH2_ERROR_ALLOC;
        memcpy(transport->request, data, data_length);
        transport->request_length = data_length;
    }
    return LIBSSH2_ERROR_EAGAIN;
}

/// What a marked channel's exit status reads as while the host has sent none.
static const int FINFLOW_SSH_NO_STATUS = INT_MIN;

/// libssh2 keeps a channel's exit status in a field that begins as zero, so that a host which
/// sends none looks like one that sends zero, and has no call that tells them apart. This finds
/// the field, by writing a value to one that is zero until the public call returns that value,
/// and leaves the value there. All else is left as it was.
///
/// To be called before the program is started. 0 when the field is not found in the first 96
/// bytes of a structure that has some 300: then zero cannot be believed.
static inline int finflow_ssh_mark_status(LIBSSH2_CHANNEL *channel) {
    const int mark = FINFLOW_SSH_NO_STATUS, none = 0;
    for (size_t offset = 0; offset < 96; offset += sizeof mark) {
        char *field = (char *)channel + offset;
        if (memcmp(field, &none, sizeof none) != 0) continue;
        memcpy(field, &mark, sizeof mark);
        if (libssh2_channel_get_exit_status(channel) == mark) return 1;
        memcpy(field, &none, sizeof none);
    }
    return 0;
}

static inline int finflow_ssh_authenticate_with_signer(
    LIBSSH2_SESSION *session, const char *user, const unsigned char *key, size_t key_length,
    struct finflow_ssh_transport *transport) {
    void *abstract = transport;
    return libssh2_userauth_publickey(
        session, user, key, key_length, finflow_ssh_sign, &abstract);
}

#endif
