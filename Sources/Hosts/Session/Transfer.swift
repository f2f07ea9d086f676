internal import Loop

/// A script with a channel of its own, whose standard input and output carry data. It belongs
/// to one ``ShellSession``, whose isolation it never leaves.
final class Transfer {
    private let channel: any ByteChannel
    private var output: FrameReader
    private var error: FrameReader
    private var status: Int32?
    private var hasBegun = false
    private var errorBytes: [UInt8] = []

    init(channel: any ByteChannel, framing: Framing) {
        self.channel = channel
        output = FrameReader(mark: framing.mark)
        error = FrameReader(mark: framing.mark)
    }

    /// Writes all pieces to the script's input and ends it. Where the host no longer reads it,
    /// the script has an error to tell.
    ///
    /// - Returns: How many bytes were sent.
    func send(_ pieces: UploadPieces) async throws -> Int {
        var sent = 0
        do {
            var piece = try await pieces.next()
            while let bytes = piece {
                // The next one is read while this one is on its way.
                async let following = pieces.next()
                try await channel.write(bytes)
                sent += bytes.count
                piece = try await following
            }
            try await channel.closeInput()
        } catch is InputClosedError {}
        return sent
    }

    /// Reads the script's output to its end.
    ///
    /// - Throws: ``Failure`` when the script failed or did not come to its end.
    func receive(_ body: ([UInt8]) async throws -> Void) async throws {
        while let chunk = try await channel.read() {
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
            hasBegun: hasBegun, exit: exit?.number,
            said: String(decoding: hasBegun ? errorBytes : error.noise, as: UTF8.self))
    }

    struct Failure: Error {
        /// If not, the shell did not start: `sudo` refused, for one.
        var hasBegun: Bool
        var exit: Int32?
        var said: String
    }
}
