internal import Loop
internal import Vocabulary

/// A shell on the host that reads scripts from its standard input. It belongs to one
/// ``ShellSession``, whose isolation it never leaves.
final class RemoteShell {
    let number: Int
    let channel: any ByteChannel
    /// The effective one.
    let privilege: Privilege
    let framing = Framing()
    private var output: FrameReader
    private var error: FrameReader
    private var nextNumber = 0
    /// By the number in its frame.
    private var jobs: [Int: Job] = [:]
    private var current: [ShellStream: Job] = [:]
    private(set) var isReady = false
    /// The process group on the host, by which all that it runs is ended.
    private(set) var group: Int?
    /// It is being ended on purpose.
    private(set) var isEnding = false
    /// Its channel was closed on purpose: that reading fails is no news.
    private var isCut = false

    /// The shell's answers, as they come.
    enum Event {
        case ready
        case begun(Job)
        case printed(Job)
        case done(Job, ScriptResult)
    }

    /// Its output has ended.
    struct Ended: Error {}

    init(number: Int, channel: any ByteChannel, privilege: Privilege) {
        self.number = number
        self.channel = channel
        self.privilege = privilege
        output = FrameReader(mark: framing.mark)
        error = FrameReader(mark: framing.mark)
    }

    /// The input that runs `batch`, one script after the other.
    func input(for batch: [Job]) -> [UInt8] {
        var bytes = isReady ? [] : framing.setUp(becameRoot: privilege == .root)
        for job in batch {
            nextNumber += 1
            jobs[nextNumber] = job
            job.move(to: .sent)
            job.attempts += 1
            framing.append(
                job.script, number: nextNumber, isQuestion: job.isQuestion, to: &bytes)
        }
        return bytes
    }

    /// Reads once and reports what that brought.
    func read(_ handle: (Event) throws -> Void) async throws {
        switch try await chunk() {
        case .output(let bytes):
            try output.feed(bytes) { try take($0, from: .output, handle) }
        case .error(let bytes):
            try error.feed(bytes) { try take($0, from: .error, handle) }
        case nil:
            try output.finish { try take($0, from: .output, handle) }
            try error.finish { try take($0, from: .error, handle) }
            throw Ended()
        }
    }

    private func chunk() async throws -> ChannelChunk? {
        do {
            return try await channel.read()
        } catch  where isCut {
            return nil
        }
    }

    /// What runs in it is about to be ended.
    func beginEnding() {
        isEnding = true
    }

    /// Closes its channel, so that whoever reads learns that it has ended.
    func cut() async {
        isEnding = true
        isCut = true
        await channel.close()
    }

    /// What it printed instead of answers.
    var noise: String {
        let said = error.noise.isEmpty ? output.noise : error.noise
        return String(decoding: said, as: UTF8.self)
    }

    private func take(
        _ event: FrameReader.Event, from stream: ShellStream, _ handle: (Event) throws -> Void
    ) throws {
        switch event {
        case .ready(let group):
            guard stream == .output else { return }
            isReady = true
            self.group = group
            try handle(.ready)
        case .begin(let number):
            guard let job = jobs[number] else { throw FrameReader.Malformed() }
            current[stream] = job
            if !job.hasBegun, !job.isFinished {
                job.move(to: .running(self))
                try handle(.begun(job))
            }
        case .bytes(let bytes):
            guard let job = current[stream] else { throw FrameReader.Malformed() }
            // Of a script that is being ended nothing is kept: it may print without end.
            guard job.interruption == nil else { return }
            job.append(bytes, from: stream)
            try handle(.printed(job))
        case .end(let number, let status):
            // Without a status nobody knows how it ended: that is no success.
            guard let job = jobs[number], current[stream] === job,
                status != nil || stream == .error
            else { throw FrameReader.Malformed() }
            current[stream] = nil
            if let result = job.end(status: status) {
                jobs[number] = nil
                try handle(.done(job, result))
            }
        }
    }
}
