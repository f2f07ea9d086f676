internal import Loop

/// A script with a channel of its own, whose standard input and output carry data. It belongs
/// to one ``ShellSession``, whose isolation it never leaves.
final class Transfer {
    private let channel: any ByteChannel
    private let progress: TransferProgress
    private var output: FrameReader
    private var error: FrameReader
    private var status: Int32?
    private var hasBegun = false
    private var errorBytes: [UInt8] = []

    init(channel: any ByteChannel, framing: Framing, progress: TransferProgress) {
        self.channel = channel
        self.progress = progress
        output = FrameReader(mark: framing.mark)
        error = FrameReader(mark: framing.mark)
    }

    /// Writes all pieces to the script's input and reads its output. Both at the same time: a
    /// script that fails early says so on a stream that must be read before a full input can
    /// be known to have no reader any more.
    ///
    /// - Returns: How many bytes were sent.
    func send(
        _ pieces: UploadPieces, receiving body: ([UInt8]) async throws -> Void
    ) async throws -> Int {
        let (channel, progress) = (channel, progress)
        async let sending = Self.send(pieces, to: channel, progress)
        do {
            try await receive(body)
        } catch {
            await channel.close()  // a sender learns that it can stop
            if case .failed(let cause) = await sending { throw cause }
            throw error
        }
        switch await sending {
        case .sent(let count): return count
        case .failed(let cause): throw cause
        }
    }

    private enum Sending {
        /// All, or what the host has read before it stopped reading.
        case sent(Int)
        /// The source failed.
        case failed(any Error)
    }

    private static func send(
        _ pieces: UploadPieces, to channel: any ByteChannel, _ progress: TransferProgress
    ) async -> Sending {
        var sent = 0
        do {
            var piece = try await pieces.next()
            while let bytes = piece {
                // The next one is read while this one is on its way.
                async let following = pieces.next()
                do {
                    try await channel.write(bytes)
                } catch {
                    return .sent(sent)  // the script's own words tell why
                }
                progress.note()
                sent += bytes.count
                piece = try await following
            }
            // Fails only where the script has ended already.
            try? await channel.closeInput()
            return .sent(sent)
        } catch {
            await channel.close()
            return .failed(error)
        }
    }

    /// Reads the script's output to its end.
    ///
    /// - Throws: ``Failure`` when the script failed or did not come to its end.
    func receive(_ body: ([UInt8]) async throws -> Void) async throws {
        while let chunk = try await channel.read() {
            progress.note()
            var received: [UInt8] = []
            switch chunk {
            case .output(let bytes):
                try output.feed(bytes) { event in
                    switch event {
                    case .bytes(let bytes): received += bytes
                    case .begin: hasBegun = true
                    case .end(_, let status): self.status = status
                    case .ready: break
                    }
                }
            case .error(let bytes):
                try error.feed(bytes) { event in
                    if case .bytes(let bytes) = event, errorBytes.count < 4096 {
                        errorBytes += bytes
                    }
                }
            }
            if !received.isEmpty { try await body(received) }
        }
        try error.finish { _ in }
        if status == 0 { return }
        let exit = try? await channel.exit()
        throw Failure(
            hasBegun: hasBegun, exit: exit?.number, status: status,
            said: String(decoding: hasBegun ? errorBytes : error.noise, as: UTF8.self))
    }

    struct Failure: Error {
        /// If not, the shell did not start: `sudo` refused, for one.
        var hasBegun: Bool
        var exit: Int32?
        /// That of the script, if it came to its end.
        var status: Int32?
        var said: String

        var result: ScriptResult {
            ScriptResult(status: status ?? -1, output: [], error: Array(said.utf8))
        }
    }
}
