internal import CLibSSH2

/// A connection's SFTP session and its open files. It belongs to the connection's actor.
final class SFTPState {
    func release() {}
}
