internal import Loop

/// A program that runs on a host, and its streams, by way of an `ssh` process.
struct OpenSSHChannel: ByteChannel {
    let process: ChildProcess
    let transport: OpenSSHTransport

    func write(_ bytes: [UInt8]) async throws {
        try await process.write(bytes)
    }

    func closeInput() async throws {
        await process.closeInput()
    }

    func read() async throws -> ChannelChunk? {
        if let chunk = try await process.read() { return chunk }
        // ssh itself ends with 255, and says why in the master's place: a program's end and
        // the connection's must not be mistaken for each other.
        if try await process.exit() == .status(255), let loss = try await transport.connectionLoss()
        {
            throw loss
        }
        return nil
    }

    func exit() async throws -> ProgramExit {
        try await process.exit()
    }

    func close() async {
        await process.close()
    }
}
