public import Loop

/// What a program writes to its standard output, as a stream that ends well only when the program
/// did: a dump that was killed is no shorter dump.
public struct ProgramOutput: AsyncSequence, Sendable {
    public typealias Failure = any Error

    /// How much of its standard error is told.
    private static let messageLimit = 4 << 10

    private let child: ChildProcess
    private let name: String

    private init(child: ChildProcess, name: String) {
        self.child = child
        self.name = name
    }

    /// Runs a program for as long as `body` reads its output, with nothing to read itself.
    public static func with<Value: Sendable>(
        _ command: Command, _ body: (ProgramOutput) async throws -> Value
    ) async throws -> Value {
        try await ChildProcess.withRunning(command) { child in
            await child.closeInput()
            return try await body(ProgramOutput(child: child, name: command.program))
        }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(child: child, name: name) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let child: ChildProcess
        fileprivate let name: String
        fileprivate var message: [UInt8] = []

        fileprivate init(child: ChildProcess, name: String) {
            self.child = child
            self.name = name
        }

        /// Never an empty piece.
        ///
        /// - Throws: ``PipelineError/programFailed(name:ending:message:)``.
        public mutating func next() async throws -> [UInt8]? {
            while let chunk = try await child.read() {
                switch chunk {
                case .output(let bytes): return bytes
                case .error(let bytes):
                    // The last words say why.
                    message = Array((message + bytes).suffix(ProgramOutput.messageLimit))
                }
            }
            try Task.checkCancellation()
            let exit = try await child.exit()
            guard exit.isSuccess else {
                throw PipelineError.programFailed(
                    name: name, ending: "\(exit)",
                    message: String(decoding: message, as: UTF8.self))
            }
            return nil
        }
    }
}
