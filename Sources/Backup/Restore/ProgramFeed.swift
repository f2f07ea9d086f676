import Glibc
import Loop

/// A program that reads an object: `pg_restore`. It has done its work only when it ended well *and*
/// the object came to its end proven; else it is killed before its input ends, so that it never
/// takes a part for the whole.
struct ProgramFeed: Sendable {
    /// How much of its standard error is told.
    private static let messageLimit = 4 << 10

    var command: Command

    /// - Parameter output: takes what the program writes to its standard output, in order.
    /// - Throws: what `stream` and `output` throw; ``PipelineError/programFailed(name:ending:message:)``.
    func run(
        reading stream: ByteStream,
        _ output: @escaping @Sendable ([UInt8]) throws -> Void = { _ in }
    ) async throws {
        try await ChildProcess.withRunning(command) { child in
            do {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await Self.feed(stream, to: child) }
                    group.addTask { try await watch(child, output) }
                    // Whichever fails first ends the other.
                    while try await group.next() != nil {}
                }
                try Task.checkCancellation()
            } catch {
                await child.signal(SIGKILL)
                throw error
            }
        }
    }

    private static func feed(_ stream: ByteStream, to child: ChildProcess) async throws {
        var isRead = true
        for try await piece in ErasedPieces(stream) {
            try Task.checkCancellation()
            guard isRead else { continue }
            do {
                try await child.write(piece)
            } catch is InputClosedError {
                // It has enough, or has failed: its exit tells. The rest is still to be proven.
                isRead = false
            }
        }
        try Task.checkCancellation()
        await child.closeInput()
    }

    private func watch(
        _ child: ChildProcess, _ output: @Sendable ([UInt8]) throws -> Void
    ) async throws {
        var message: [UInt8] = []
        while let chunk = try await child.read() {
            switch chunk {
            case .output(let bytes): try output(bytes)
            case .error(let bytes):
                // The first words say why; what follows are consequences.
                message += bytes.prefix(max(0, Self.messageLimit - message.count))
            }
        }
        try Task.checkCancellation()
        let exit = try await child.exit()
        guard exit.isSuccess else {
            throw PipelineError.programFailed(
                name: command.program, ending: "\(exit)",
                message: String(decoding: message, as: UTF8.self))
        }
    }
}
