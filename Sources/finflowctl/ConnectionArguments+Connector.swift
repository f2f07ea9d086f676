import Glibc
import Hosts
import Loop
import Vocabulary

extension ConnectionArguments {
    /// What connects to the hosts of a workspace, as the options say.
    func connector(for workspace: Workspace) async throws -> HostConnector {
        HostConnector(
            workspace.project.inventory,
            options: ConnectionOptions(
                acceptsNewHostKeys: acceptNew, handshakes: forks,
                connectTimeout: connectTimeout.map { .seconds($0) },
                becomePassword: try await becomePassword()))
    }

    /// The first line of the file that was named.
    private func becomePassword() async throws -> Sensitive<String>? {
        guard let path = becomePasswordFile else { return nil }
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.unreadable(path, errno) }
        defer { if descriptor != STDIN_FILENO { close(descriptor) } }
        return try await withTaskExecutorPreference(BlockingPool.shared) {
            try Self.firstLine(of: descriptor, path)
        }
    }

    private static func firstLine(of descriptor: Int32, _ path: String) throws -> Sensitive<String>
    {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < 4096 {
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path, errno) }
            if count == 0 || byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        return Sensitive(String(decoding: line, as: UTF8.self))
    }

    private static func unreadable(_ path: String, _ error: Int32) -> Failure {
        Failure(
            Diagnostic(
                .unreadablePassword,
                "`\(path.visible)` cannot be read: \(String(cString: strerror(error)))"))
    }
}
