public import Loop
public import SSH

/// A host through finflowctl's own SSH client.
public struct SSHTransport: Transport {
    private let connection: SSHConnection

    /// - Throws: ``HostError``, `CancellationError`.
    public static func connect(
        to target: SSHTarget, admission: SSHConnection.Admission? = nil
    ) async throws -> SSHTransport {
        do {
            return SSHTransport(
                connection: try await SSHConnection.connect(to: target, admission: admission))
        } catch let error as SSHError {
            throw HostError(ssh: error)
        }
    }

    public var loop: EventLoop { connection.loop }
    public var isRoot: Bool { connection.target.user == "root" }

    public func open(_ words: [String]) async throws -> any ByteChannel {
        do {
            return try await connection.exec(words.map(\.shellQuoted).joined(separator: " "))
        } catch let error as SSHError {
            throw HostError(ssh: error)
        }
    }

    public func close() async {
        await connection.close()
    }
}
