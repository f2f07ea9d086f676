internal import CLibSSH2

/// A connection's SFTP session and its open files. It belongs to the connection's actor.
final class SFTPState {
    let pointer: OpaquePointer
    private var files: [Int: OpaquePointer] = [:]
    private var nextFile = 0

    init(pointer: OpaquePointer) {
        self.pointer = pointer
    }

    func add(_ file: OpaquePointer) -> Int {
        nextFile += 1
        files[nextFile] = file
        return nextFile
    }

    func file(_ number: Int) throws(SSHError) -> OpaquePointer {
        guard let file = files[number] else { throw .closed }
        return file
    }

    /// libssh2 has freed it.
    func remove(_ number: Int) {
        files[number] = nil
    }

    /// Frees everything, once no byte goes in or out any more: nothing waits then.
    func release() {
        for file in files.values { libssh2_sftp_close_handle(file) }
        files = [:]
        libssh2_sftp_shutdown(pointer)
    }

    /// What the server said to the last request.
    var lastReason: String {
        switch libssh2_sftp_last_error(pointer) {
        case LIBSSH2_FX_NO_SUCH_FILE: "no such file or folder"
        case LIBSSH2_FX_PERMISSION_DENIED: "permission denied"
        case LIBSSH2_FX_NO_SPACE_ON_FILESYSTEM: "no space left"
        case LIBSSH2_FX_QUOTA_EXCEEDED: "quota exceeded"
        case LIBSSH2_FX_WRITE_PROTECT: "the file system is read-only"
        case LIBSSH2_FX_OP_UNSUPPORTED: "the server does not support it"
        // SFTP version 3, which OpenSSH speaks, has this one code for all that remains.
        case LIBSSH2_FX_FAILURE: "the server says only `failure` (a full disk, a folder, ...)"
        case let code: "SFTP error \(code)"
        }
    }
}
