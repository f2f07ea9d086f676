/// A two-way byte channel to a running program: an SSH exec channel and a child process alike.
///
/// One reader and one writer may be under way at the same time. Cancelling either throws
/// `CancellationError` at once and leaves the other as it is.
public protocol ByteChannel: Sendable {
    /// Writes all of `bytes` to the program's standard input. Returns when the kernel or the
    /// peer's window has taken the last of them, so a slow reader slows the writer.
    ///
    /// After an error or a cancellation an unknown part of `bytes` has been written.
    func write(_ bytes: [UInt8]) async throws

    /// Ends the program's standard input.
    func closeInput() async throws

    /// The next piece of either stream, never empty; `nil` once both have ended.
    func read() async throws -> ChannelChunk?

    /// How the program ended. Output that is not read may keep it from ending.
    func exit() async throws -> ProgramExit

    /// Cuts both directions at once and lets go of everything. A child process is killed with
    /// its group; a remote program loses its input and output. Does nothing the second time.
    func close() async
}

/// A piece of what a program wrote.
public enum ChannelChunk: Hashable, Sendable {
    /// From standard output.
    case output([UInt8])
    /// From standard error.
    case error([UInt8])
}

/// How a program ended.
public enum ProgramExit: Hashable, Sendable {
    case status(Int32)
    /// By a signal, by its name without `SIG`: `KILL`.
    case signal(String)

    public var isSuccess: Bool { self == .status(0) }
}

extension ProgramExit: CustomStringConvertible {
    public var description: String {
        switch self {
        case .status(let status): "exit status \(status)"
        case .signal(let name): "signal \(name)"
        }
    }
}

/// A program's output, read to its end.
public struct CollectedOutput: Hashable, Sendable {
    public var output: [UInt8]
    public var error: [UInt8]
    public var exit: ProgramExit

    public init(output: [UInt8], error: [UInt8], exit: ProgramExit) {
        self.output = output
        self.error = error
        self.exit = exit
    }

    public var outputText: String { String(decoding: output, as: UTF8.self) }
    public var errorText: String { String(decoding: error, as: UTF8.self) }
}

/// A program wrote more than its caller was ready to keep.
public struct OutputLimitError: Error, Hashable, Sendable {
    public let limit: Int

    public init(limit: Int) {
        self.limit = limit
    }
}

extension ByteChannel {
    /// Writes `input`, ends it, reads both streams to their ends and lets go of the channel.
    ///
    /// - Parameter limit: The most bytes that both streams together may have.
    /// - Throws: `OutputLimitError` when they have more; whatever the channel throws. A program
    ///   that does not read all of its input is no error. One that leaves its output to
    ///   something that outlives it has not come to its end: that is waited for.
    public func collect(
        input: [UInt8] = [], limit: Int = 64 << 20
    ) async throws -> CollectedOutput {
        do {
            let result = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await feed(input) }
                let result = try await readToEnd(limit: limit)
                // What the program left behind may hold its input and never read it.
                group.cancelAll()
                do {
                    try await group.waitForAll()
                } catch is CancellationError {
                    try Task.checkCancellation()
                }
                return result
            }
            await close()
            return result
        } catch {
            await close()
            throw error
        }
    }

    private func readToEnd(limit: Int) async throws -> CollectedOutput {
        var result = CollectedOutput(output: [], error: [], exit: .status(0))
        while let chunk = try await read() {
            switch chunk {
            case .output(let bytes): result.output += bytes
            case .error(let bytes): result.error += bytes
            }
            if result.output.count + result.error.count > limit {
                throw OutputLimitError(limit: limit)
            }
        }
        result.exit = try await exit()
        return result
    }

    private func feed(_ input: [UInt8]) async throws {
        do {
            if !input.isEmpty { try await write(input) }
            try await closeInput()
        } catch is InputClosedError {
            // The program ended its input, or itself: how it ended says whether that is well.
        }
    }
}

/// The program no longer reads its standard input.
public struct InputClosedError: Error, Hashable, Sendable {
    public init() {}
}
