internal import Loop
internal import Vocabulary

/// One script on its way to a host and back. It belongs to one ``ShellSession``, whose
/// isolation it never leaves.
final class Job {
    enum Phase {
        case waiting
        /// In a shell's input; not begun as far as is known.
        case sent
        case running(RemoteShell)
        /// Done itself, but for the epilogue of its batch.
        case held(ScriptResult)
        case finished
    }

    let number: Int
    let script: ShellScript
    let options: ScriptOptions
    /// Asks and changes nothing, not even the shell it runs in.
    let isQuestion: Bool
    private(set) var phase = Phase.waiting
    /// Why it is to be ended, or was: overrules its result.
    var interruption: (any Error)?
    /// How often it was sent to a shell.
    var attempts = 0
    var timer: LoopTimer?
    /// That of no program until the end of its output tells it.
    private var status: Int32 = -1
    private var output: KeptOutput
    private var error: KeptOutput
    private var openStreams = 2
    private let completion: (Result<ScriptResult, any Error>) -> Void

    init(
        number: Int, script: ShellScript, options: ScriptOptions, isQuestion: Bool = false,
        completion: @escaping (Result<ScriptResult, any Error>) -> Void
    ) {
        self.number = number
        self.script = script
        self.options = options
        self.isQuestion = isQuestion
        output = KeptOutput(limit: options.keptOutput)
        error = output
        self.completion = completion
    }

    /// Nothing brings back what is finished: whoever waited has been answered, and goes on.
    func move(to next: Phase) {
        guard !isFinished else { return }
        phase = next
    }

    var isFinished: Bool {
        if case .finished = phase { true } else { false }
    }

    /// Whether no shell is needed for it any more.
    var isAnswered: Bool {
        switch phase {
        case .held, .finished: true
        default: false
        }
    }

    var hasBegun: Bool {
        if case .running = phase { true } else { false }
    }

    func append(_ bytes: ArraySlice<UInt8>, from stream: ShellStream) {
        switch stream {
        case .output: output.append(bytes)
        case .error: error.append(bytes)
        }
    }

    var byteCount: Int { output.count + error.count }

    /// What it has printed to standard error so far.
    var errorText: String { String(decoding: error.bytes, as: UTF8.self) }

    /// One of its streams has ended.
    ///
    /// - Returns: The result, when that was the last of them.
    func end(status: Int32?) -> ScriptResult? {
        if let status { self.status = status }
        openStreams -= 1
        guard openStreams == 0 else { return nil }
        var result = ScriptResult(status: self.status, output: output.bytes, error: error.bytes)
        result.omittedOutput = ByteCount(output.omitted)
        result.omittedError = ByteCount(error.omitted)
        return result
    }

    /// Its script has ended by itself.
    func answer(_ result: ScriptResult) {
        if let interruption {
            finish(.failure(interruption))
        } else if options.epilogue != nil {
            phase = .held(result)
        } else {
            finish(.success(result))
        }
    }

    func finish(_ result: Result<ScriptResult, any Error>) {
        guard !isFinished else { return }
        phase = .finished
        completion(result)
    }
}

enum ShellStream {
    case output, error
}
