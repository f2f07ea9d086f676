internal import CLibSSH2
internal import Glibc

/// A libssh2 session and what belongs to it: freed here and nowhere else.
///
/// Channels and SFTP handles are the session's children; libssh2 frees the channels with it.
/// It belongs to one thread at a time.
struct SessionHandle: ~Copyable {
    let pointer: OpaquePointer
    let transport: UnsafeMutablePointer<finflow_ssh_transport>

    /// `nil` when there is no memory for one.
    static func make() -> SessionHandle? {
        guard LibSSH2.isReady else { return nil }
        let transport = UnsafeMutablePointer<finflow_ssh_transport>.allocate(capacity: 1)
        transport.initialize(to: finflow_ssh_transport())
        guard let session = finflow_ssh_session(transport) else {
            transport.deallocate()
            return nil
        }
        return SessionHandle(pointer: session, transport: transport)
    }

    private init(pointer: OpaquePointer, transport: UnsafeMutablePointer<finflow_ssh_transport>) {
        self.pointer = pointer
        self.transport = transport
    }

    deinit {
        // Freeing would politely close each channel; with no byte going through it cannot wait.
        cut()
        var attempts = 0
        while libssh2_session_free(pointer) == LIBSSH2_ERROR_EAGAIN, attempts < 1000 {
            attempts += 1
        }
        free(transport.pointee.request)
        free(transport.pointee.signature)
        transport.deallocate()
    }

    /// No byte goes in or out any more: every call fails at once.
    func cut() {
        transport.pointee.cut = 1
    }

    /// Whether the last call left a packet half sent: only its repetition may send now.
    var isSending: Bool {
        libssh2_session_block_directions(pointer) & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0
    }
}

enum LibSSH2 {
    /// `libssh2_init` is not thread-safe: a static is initialised once, by one thread.
    static let isReady = libssh2_init(0) == 0

    /// The session's last complaint, copied at once: libssh2 overwrites it.
    static func message(_ session: OpaquePointer) -> String {
        var text: UnsafeMutablePointer<CChar>?
        var length: Int32 = 0
        libssh2_session_last_error(session, &text, &length, 0)
        guard let text, length > 0 else { return "no reason given" }
        return String(cString: text)
    }

    /// Errors after which a session can do nothing more.
    static func isFatal(_ code: Int32) -> Bool {
        [
            LIBSSH2_ERROR_SOCKET_SEND, LIBSSH2_ERROR_SOCKET_RECV,
            LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_NONE,
            LIBSSH2_ERROR_INVALID_MAC, LIBSSH2_ERROR_DECRYPT, LIBSSH2_ERROR_PROTO,
            LIBSSH2_ERROR_BAD_USE, LIBSSH2_ERROR_KEX_FAILURE,
            LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE, LIBSSH2_ERROR_OUT_OF_BOUNDARY,
        ].contains(code)
    }
}

/// What a libssh2 function said.
struct LibSSH2Error: Error {
    let code: Int32
    let message: String

    init(_ code: Int32, in session: OpaquePointer) {
        self.code = code
        self.message = LibSSH2.message(session)
    }
}
