public import Vocabulary

/// A live connection to one host: many callers, few round trips.
public protocol HostSession: Sendable {
    /// Puts all questions in one round trip; questions of other callers that arrive at about
    /// the same time travel with them.
    func observe(_ questions: [any Probe], privilege: Privilege) async throws -> Answers

    /// Runs one script.
    func run(_ script: ShellScript, options: ScriptOptions) async throws -> ScriptResult

    /// Streams a source to a new file at `path` on the host, of mode 0600 and flushed to disk; a
    /// script then moves it into place. `path` is best ``ShellScript/temporaryPath(for:)`` of
    /// what it is to replace: what is there is removed.
    ///
    /// - Parameters:
    ///   - privilege: whose file it becomes.
    ///   - prologue: runs first, as root where scripts can, in the same script, and may end it
    ///     with a status from 100 to 124.
    /// - Throws: ``PrologueEnded`` if it did; nothing of the file was touched then.
    func upload(
        _ source: UploadSource, to path: String, privilege: Privilege, prologue: ShellScript
    ) async throws

    /// Lends `body` the content of a file of the host, piece by piece.
    func download(
        _ path: String, privilege: Privilege, _ body: @Sendable ([UInt8]) async throws -> Void
    ) async throws

    /// Ends the connection; scripts that run are cut.
    func close() async
}

extension HostSession {
    public func upload(
        _ source: UploadSource, to path: String, privilege: Privilege
    ) async throws {
        try await upload(source, to: path, privilege: privilege, prologue: "")
    }
}

/// The prologue of an upload did not let it begin.
public struct PrologueEnded: Error, Sendable {
    public let result: ScriptResult

    static let statuses: ClosedRange<Int32> = 100...124
}

/// Whom a script runs as.
public enum Privilege: Hashable, Sendable {
    /// The user that the connection was made as.
    case login
    /// `root`, through `sudo`; the same as `login` for a connection as root.
    case root
}

public struct ScriptOptions: Sendable {
    /// How scripts share a connection.
    public enum Lane: Hashable, Sendable {
        /// Takes milliseconds: scripts that wait are sent together and run one after the other.
        case quick
        /// May take long (packages, services, downloads): runs beside the others.
        case slow
        /// Waits for no other, whatever they take (a sign of life): on a channel of its own,
        /// which is kept for the next one.
        case aside
    }

    public var privilege: Privilege
    public var lane: Lane
    /// Ends the script on the host (TERM, then KILL) when it takes longer.
    public var timeout: Duration
    /// Run once at the end of the batch that this script travels in, however many ask for the
    /// same one: `systemctl daemon-reload`. The script is done only when this is.
    public var epilogue: ShellScript?
    /// Of each stream only the first and the last so many bytes are kept, and the script may
    /// print without end; without it, a script that prints more than
    /// ``ShellSession/outputLimit`` is ended.
    public var keptOutput: ByteCount?

    public init(
        privilege: Privilege = .root, lane: Lane = .quick, timeout: Duration = .seconds(60),
        epilogue: ShellScript? = nil, keptOutput: ByteCount? = nil
    ) {
        self.privilege = privilege
        self.lane = lane
        self.timeout = timeout
        self.epilogue = epilogue
        self.keptOutput = keptOutput
    }
}

/// What a script left: its status and its two streams, apart.
public struct ScriptResult: Sendable {
    public var status: Int32
    public var output: [UInt8]
    public var error: [UInt8]
    /// How much was left out of the middle of each (``ScriptOptions/keptOutput``).
    public var omittedOutput = ByteCount(0)
    public var omittedError = ByteCount(0)

    public init(status: Int32, output: [UInt8], error: [UInt8]) {
        self.status = status
        self.output = output
        self.error = error
    }
}

/// What is sent to a host.
public enum UploadSource: Sendable {
    case bytes([UInt8])
    /// A file of the controller, by its path; read in pieces.
    case file(String)
    /// Pieces as they come, `nil` at the end: the plain tar that an archive is turned into.
    case stream(@Sendable () async throws -> [UInt8]?)
}
