public import Loop

/// A program that runs on a host, and its streams. Dropping the last reference closes it.
public final class SSHChannel: ByteChannel {
    private let connection: SSHConnection
    private let number: Int

    init(connection: SSHConnection, number: Int) {
        self.connection = connection
        self.number = number
    }

    deinit {
        connection.loop.post { [connection, number] in
            connection.assumeIsolated { $0.releaseChannel(number) }
        }
    }

    public func write(_ bytes: [UInt8]) async throws {
        try await connection.write(bytes, to: number)
    }

    public func closeInput() async throws {
        try await connection.closeInput(of: number)
    }

    public func read() async throws -> ChannelChunk? {
        try await connection.read(from: number)
    }

    public func exit() async throws -> ProgramExit {
        try await connection.exit(of: number)
    }

    /// Closes the channel. The SSH protocol knows no way to kill a program that OpenSSH 9.2 and
    /// libssh2 1.10 both implement: one that ignores the end of its input and of its output
    /// goes on.
    public func close() async {
        await connection.releaseChannel(number)
    }
}
