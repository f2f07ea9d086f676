public import Hosts
public import Schema
public import TaskGraph
public import Template
public import Vocabulary

/// A typed piece of desired state on a host. One type, one file.
///
/// A resource is a value: it says what it owns, which questions it has, and, given the answers,
/// what differs and the script that mends it. It never talks to a host itself.
public protocol Resource: SchemaModel {
    /// How far `undo` can put back what it changed.
    static var undo: UndoAbility { get }

    /// What on the host it decides about; two resources of one host with the same thing and
    /// different `fingerprint` are an error. `nil` for what owns nothing (`command`, `assert`).
    var thing: HostThing? { get }

    /// All such things; more than one for a list of packages.
    var things: [HostThing] { get }

    /// The desired state of one of several things as a text, where that is not the state of all
    /// of them: of a package in a list.
    func fingerprint(of thing: HostThing) -> String?

    /// The file of which it decides a part, and leaves the rest to others: `line`, `block`.
    var edits: String? { get }

    /// The path whose whole content it decides, which nobody can edit then.
    var replaces: String? { get }

    /// What tasks may hand to others in their `outputs:`.
    static var outputs: [String] { get }

    /// Its desired state as a text: equal exactly when the desired states are equal. Contents
    /// by digest. It is hashed (under a key of the host's) before it is kept anywhere.
    func fingerprint(_ files: any PlaybookFiles) throws(Diagnostics) -> String

    /// Comes after the tasks that own these, where there are such tasks: the automatic edges.
    var follows: [HostThing] { get }

    /// Whether it changes something each time that it is applied, so that only a handler knows
    /// when it is due: `state: restarted`.
    var isOnlyForHandlers: Bool { get }

    /// Whether a task can have it done on another host (`delegate_to`): only what owns nothing.
    static var mayBeDelegated: Bool { get }

    /// - Parameters:
    ///   - detail: how much a plan will show; `.contents` also asks for the texts that a diff
    ///     needs.
    ///   - files: for what a question needs to know of a local file, such as its size.
    func questions(
        _ detail: PlanDetail, _ files: any PlaybookFiles
    ) throws(Diagnostics) -> [any Probe]

    /// What differs and how to mend it; no changes when all is as it should be.
    ///
    /// - Throws: ``MoreQuestions`` when the answers leave something open that is seldom open:
    ///   the plan is made again with the answers to those as well.
    func plan(_ context: PlanContext) throws -> ResourcePlan
}

extension Resource {
    public static var outputs: [String] { [] }
    public static var mayBeDelegated: Bool { false }

    public var isOnlyForHandlers: Bool { false }
    public var things: [HostThing] { thing.map { [$0] } ?? [] }
    public func fingerprint(of thing: HostThing) -> String? { nil }
    public var edits: String? { nil }

    public var replaces: String? {
        guard case .path(let path)? = thing else { return nil }
        return path
    }
}

/// What else a plan needs to know of the host, beyond what a resource always asks.
public struct MoreQuestions: Error, Sendable {
    public let questions: [any Probe]

    public init(_ questions: [any Probe]) {
        self.questions = questions
    }
}

/// How far `undo` can put back what a type changed.
public struct UndoAbility: Hashable, Sendable {
    public enum Level: String, Sendable {
        case exact, partial, none
    }

    public let level: Level
    /// Sentences for `finflowctl doc`: what it puts back, and what not and why.
    public let words: String

    public static func exact(_ words: String = "") -> Self { Self(level: .exact, words: words) }
    public static func partial(_ words: String = "") -> Self { Self(level: .partial, words: words) }
    public static func none(_ words: String = "") -> Self { Self(level: .none, words: words) }
}

public enum PlanDetail: Sendable {
    /// What is needed to decide.
    case decision
    /// And the present contents, for a diff.
    case contents
}

/// Something on a host that a resource can own or need.
public enum HostThing: Hashable, Sendable {
    case path(String)
    case package(String)
    /// Any package source: packages come after all of them.
    case packageSources
    case user(String)
    case group(String)
    case unit(String)
    case other(kind: String, name: String)
}

/// Local files that a playbook refers to (`source: chrony.conf`), found beside its role.
public protocol PlaybookFiles: Sendable {
    /// The rendered text of a template of the role, with the variables of the task.
    func renderedTemplate(_ source: String, at place: SourcePlace) throws(Diagnostics) -> SecretText
    /// Size and SHA-256 (lowercase hexadecimal) of a file of the role; kept between calls.
    func digest(of source: String, at place: SourcePlace) throws(Diagnostics) -> FileDigest
    /// The path of a file of the role on the controller.
    func path(of source: String, at place: SourcePlace) throws(Diagnostics) -> String
    /// The directory that finflowctl keeps on the host, for questions about what is in it.
    var stateDirectory: String { get }
    /// A secret text with the values that its credentials have now.
    ///
    /// - Parameter referenced: the text with markers (``SecretText/referenced``).
    func secretText(
        of referenced: String, at place: SourcePlace
    ) throws(Diagnostics) -> SecretText
}

extension PlaybookFiles {
    public var stateDirectory: String { "/var/lib/finflow" }

    public func secretText(
        of referenced: String, at place: SourcePlace
    ) throws(Diagnostics) -> SecretText {
        throw Diagnostics([
            Diagnostic(
                .notKept, "it holds secrets, and the secrets of the environment are not known",
                at: place)
        ])
    }
}

public struct FileDigest: Hashable, Sendable {
    public var sha256: String
    public var size: Int

    public init(sha256: String, size: Int) {
        self.sha256 = sha256
        self.size = size
    }
}

public struct PlanContext: Sendable {
    public var answers: Answers
    public var files: any PlaybookFiles
    public var detail: PlanDetail
    /// Where the task stands in the playbook, for errors.
    public var place: SourcePlace
    /// The directory that finflowctl keeps on the host: `/var/lib/finflow`.
    public var stateDirectory: String
    /// In a dry run: something that this comes after would change first, so what is missing
    /// now (a unit, a user, a program) may be there by then and is no error yet.
    public var followsPendingChanges: Bool

    public init(
        answers: Answers, files: any PlaybookFiles, detail: PlanDetail, place: SourcePlace,
        stateDirectory: String, followsPendingChanges: Bool = false
    ) {
        self.answers = answers
        self.files = files
        self.detail = detail
        self.place = place
        self.stateDirectory = stateDirectory
        self.followsPendingChanges = followsPendingChanges
    }
}

public struct ResourcePlan: Sendable {
    public var changes: [Change]
    /// How the changes are made; `nil` when nothing is to be done. Without changes it is
    /// something that leaves the host as it is, such as waiting.
    public var action: Action?
    /// What later tasks may use (`outputs:`), known without any action.
    public var outputs: [String: Value]
    /// How the changes are put back, in the order in which they are made: it is gone through
    /// from its end. What cannot be put back is not in it.
    public var undo: [UndoStep]
    /// What was decided about, where the type can say so; also when nothing is to be done.
    public var aspects: [Aspect] = []
    /// Whether it has come due by itself, and not because somebody changed something: it is
    /// done each time, or there is a newer version.
    public var isDueByItself = false

    public init(
        changes: [Change] = [], action: Action? = nil, outputs: [String: Value] = [:],
        undo: [UndoStep] = []
    ) {
        self.changes = changes
        self.action = action
        self.outputs = outputs
        self.undo = undo
    }

    public static var unchanged: ResourcePlan { ResourcePlan() }
}

/// What is done on the host to make the changes.
public struct Action: Sendable {
    /// Sent first, each to the path it names.
    public var uploads: [(source: UploadSource, path: String)]
    public var script: ShellScript
    public var options: ScriptOptions
    /// Credentials that it brings to the host, where its resource and not its task knows them.
    public var credentials: [CredentialVersion] = []
    /// Package actions of one host that are ready together become one transaction.
    public var packages: PackageRequest?
    /// Reads the script's result into outputs and judges it; by default a status other than 0
    /// is a failure.
    public var finish: @Sendable (ScriptResult) throws(ActionError) -> [String: Value]

    public init(
        uploads: [(source: UploadSource, path: String)] = [], script: ShellScript,
        options: ScriptOptions = ScriptOptions(), packages: PackageRequest? = nil,
        finish: @escaping @Sendable (ScriptResult) throws(ActionError) -> [String: Value] =
            ActionError.unlessSuccessful
    ) {
        self.uploads = uploads
        self.script = script
        self.options = options
        self.packages = packages
        self.finish = finish
    }
}

/// A script on a host failed: what it printed, for the summary.
public struct ActionError: Error, Sendable {
    public var message: String
    public var output: String
    /// The host is no longer as it was observed and nothing was done: observe it, plan and act
    /// again. Two tasks that edit one file meet this way, or a task and a person.
    public var isStale: Bool

    public init(_ message: String, output: String = "", isStale: Bool = false) {
        self.message = message
        self.output = output
        self.isStale = isStale
    }

    public static func unlessSuccessful(
        _ result: ScriptResult
    ) throws(ActionError) -> [String: Value] {
        guard result.status == 0 else {
            throw ActionError(
                "its script ended with status \(result.status)"
                    + (ErrorWords.reason(in: result.said).map { ": \($0)" } ?? ""),
                output: result.said)
        }
        return [:]
    }
}

extension ScriptResult {
    /// All that it said, errors first.
    var said: String { String(decoding: error + output, as: UTF8.self) }
}
