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

    /// - Throws: ``SSHError/exitUnknown(address:)`` when the host closes the channel without
    ///   saying how the program ended: a silent end is no success.
    public func exit() async throws -> ProgramExit {
        try await connection.exit(of: number)
    }

    /// Closes the channel, as cancelling a program's caller does once nobody holds the channel.
    ///
    /// On the host the program's input ends, and writing to its output fails (SIGPIPE): one that
    /// reads or writes ends by that. One that does neither, or ignores both, goes on until it is
    /// through, also when the whole connection is closed: libssh2 1.10 cannot send a signal
    /// (RFC 4254 §6.9), and sshd sends none. Who must be sure that it ends has it watch its
    /// input.
    public func close() async {
        await connection.releaseChannel(number)
    }
}
