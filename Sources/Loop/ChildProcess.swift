internal import CLinux
internal import Glibc

/// A running child process whose streams a loop serves.
///
/// It leads a process group of its own, dies with this process (`PR_SET_PDEATHSIG`) and
/// inherits nothing but its three streams. Dropping the last reference kills its group.
///
/// This is not swift-subprocess, which was measured and fits programs that run from start to
/// end inside one closure: what is needed here too is a long-lived shell that is written to and
/// read from in turns, as a value that can be kept, on the loop that already serves its
/// connection, without threads of its own, and without `setpriv` in front of each program.
public actor ChildProcess: ByteChannel {
    /// The process, which is also its group.
    public nonisolated let id: Int32
    private nonisolated let loop: EventLoop
    private let ending: ChildEnding
    private let grace: Duration
    private var input: Descriptor?
    private var output: Descriptor?
    private var error: Descriptor?
    /// Either of the program's output streams may have something new.
    private let outputs: LoopEvent
    private let inputs: LoopEvent

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    /// Starts `command`.
    ///
    /// - Throws: `SystemError` with ENOENT, EACCES and so on when it cannot be started.
    public static func spawn(
        _ command: Command, on loop: EventLoop = EventLoops.shared.next()
    ) async throws -> ChildProcess {
        try Task.checkCancellation()
        return try await Spawner(loop: loop).spawn(command)
    }

    /// Runs `command` for as long as `body` takes. When `body` throws or is cancelled, or leaves
    /// it running, the program's group gets SIGTERM and, after its grace, SIGKILL.
    public static func withRunning<Value: Sendable>(
        _ command: Command, _ body: (ChildProcess) async throws -> Value
    ) async throws -> Value {
        let child = try await spawn(command)
        do {
            let value = try await body(child)
            await child.stop()
            return value
        } catch {
            await child.stop()
            throw error
        }
    }

    /// Runs `command` to its end.
    public static func collect(
        _ command: Command, input: [UInt8] = [], limit: Int = 64 << 20
    ) async throws -> CollectedOutput {
        try await withRunning(command) { child in
            try await child.collect(input: input, limit: limit)
        }
    }

    init(
        id: Int32, loop: EventLoop, grace: Duration, ending: ChildEnding,
        input: Descriptor, output: Descriptor, error: Descriptor, inputs: LoopEvent,
        outputs: LoopEvent
    ) {
        self.id = id
        self.loop = loop
        self.grace = grace
        self.ending = ending
        self.input = input
        self.output = output
        self.error = error
        self.inputs = inputs
        self.outputs = outputs
    }

    isolated deinit {
        ending.kill(SIGKILL)
        ending.release()
    }
}

// MARK: Streams

extension ChildProcess {
    public func write(_ bytes: [UInt8]) async throws {
        var written = 0
        while written < bytes.count {
            try Task.checkCancellation()
            guard let input else { throw InputClosedError() }
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(
                    input.number, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno == EAGAIN {
                try await inputs.wait()
            } else if errno == EPIPE {
                throw InputClosedError()
            } else if errno != EINTR {
                throw SystemError(errno, in: "write")
            }
        }
    }

    public func closeInput() {
        input = nil
        // A writer who waits for the program to take more would wait for ever.
        inputs.fire()
    }

    public func read() async throws -> ChannelChunk? {
        while true {
            try Task.checkCancellation()
            if let bytes = try Self.take(from: &output) { return .output(bytes) }
            if let bytes = try Self.take(from: &error) { return .error(bytes) }
            if output == nil, error == nil { return nil }
            try await outputs.wait()
        }
    }

    /// What is there to be read; `nil` when nothing is, and also `stream` when it has ended.
    private static func take(from stream: inout Descriptor?) throws(SystemError) -> [UInt8]? {
        guard let number = stream?.number else { return nil }
        while true {
            var result = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                result = Glibc.read(number, buffer.baseAddress, buffer.count)
                count = max(0, result)
            }
            if result > 0 { return bytes }
            if result == 0 {
                stream = nil
                return nil
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: return nil
            default: throw SystemError(errno, in: "read")
            }
        }
    }
}

// MARK: Ending

extension ChildProcess {
    public func exit() async throws -> ProgramExit {
        try await ending.exit()
    }

    /// Sends a signal to the program's group, unless the program has ended.
    public func signal(_ number: Int32) {
        ending.kill(number)
    }

    /// SIGTERM to the group, SIGKILL after the command's grace. Returns when the program has
    /// ended, also in a task that is cancelled.
    public func stop() async {
        letGo()
        if !ending.hasEnded {
            ending.kill(SIGTERM)
            let last = loop.schedule(at: .now + grace) { [ending] in ending.kill(SIGKILL) }
            await ending.wait()
            loop.cancel(last)
        }
        // What the program left behind in its group.
        ending.kill(SIGKILL)
        ending.release()
    }

    public func close() async {
        letGo()
        ending.kill(SIGKILL)
        await ending.wait()
        ending.release()
    }

    private func letGo() {
        input = nil
        output = nil
        error = nil
        // A reader and a writer learn that there is nothing more.
        outputs.fire()
        inputs.fire()
    }
}
