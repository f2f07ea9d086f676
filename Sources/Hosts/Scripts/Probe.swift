/// One question about the present state of a host. It never changes anything.
///
/// Questions of one type are put together: one `stat`, one `dpkg-query`, one `systemctl show`
/// answers all of them, and the scripts of all types travel as one (``HostSession/observe(_:)``).
public protocol Probe: Hashable, Sendable {
    associatedtype Answer: Sendable

    /// The script that answers `questions` on its standard output, in a form that no file
    /// name and no content can disturb (NUL-separated where there are names).
    /// Failing to find something is an answer, not a failure: the script ends with status 0.
    ///
    /// It runs as a function of a shell that others use after it: it may `return`, but must not
    /// `exit`, and changes neither options nor directory of the shell. (A subshell for each
    /// question would cost a host more than many of the answers.)
    static func script(for questions: [Self]) -> ShellScript

    /// Reads what `script(for:)` printed. A question without an entry had no answer, which
    /// ``Answers`` reports as an error of the host.
    static func answers(
        to questions: [Self], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [Self: Answer]

    /// Questions of other types, from whose answers this one is answered. Where there are any,
    /// `script(for:)` is not used.
    var parts: [any Probe] { get }

    /// The answer that follows from those to `parts`.
    func answer(from answers: Answers) throws(ProbeError) -> Answer
}

extension Probe {
    public var parts: [any Probe] { [] }

    public func answer(from answers: Answers) throws(ProbeError) -> Answer {
        throw ProbeError("\(Self.self) has no parts")
    }
}

/// A question that is answered from the answers to others.
public protocol DerivedProbe: Probe {}

extension DerivedProbe {
    public static func script(for questions: [Self]) -> ShellScript { "" }

    public static func answers(
        to questions: [Self], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [Self: Answer] { [:] }
}

/// What a probe's script printed cannot be read: the host lacks a program or is not what the
/// resource was made for.
public struct ProbeError: Error, Sendable {
    public var message: String

    public init(_ message: String) {
        self.message = message
    }
}

/// What a host answered, by question.
public struct Answers: Sendable {
    private var storage: [AnyHashableSendable: any Sendable] = [:]
    private var failures: [AnyHashableSendable: ProbeError] = [:]

    public init() {}

    /// - Throws: ``ProbeError`` where the question was never put or found no answer.
    public func answer<Question: Probe>(_ question: Question) throws(ProbeError) -> Question.Answer
    {
        let key = AnyHashableSendable(question)
        if let answer = storage[key] as? Question.Answer { return answer }
        throw failures[key] ?? ProbeError("no answer to \(question)")
    }

    public func contains(_ question: some Probe) -> Bool {
        storage[AnyHashableSendable(question)] != nil
    }

    public mutating func set<Question: Probe>(_ answer: Question.Answer, for question: Question) {
        storage[AnyHashableSendable(question)] = answer
    }

    /// The host's answer could not be read: who asks for it gets `error`.
    public mutating func setFailure(_ error: ProbeError, for question: some Probe) {
        let key = AnyHashableSendable(question)
        storage[key] = nil
        failures[key] = error
    }

    /// Answers a question whose parts are answered.
    mutating func derive(_ question: some Probe) {
        do {
            set(try question.answer(from: self), for: question)
        } catch {
            setFailure(error, for: question)
        }
    }

    public mutating func merge(_ newer: Answers) {
        storage.merge(newer.storage) { _, new in new }
        failures.merge(newer.failures) { _, new in new }
        for key in newer.storage.keys { failures[key] = nil }
        for key in newer.failures.keys { storage[key] = nil }
    }
}

/// `AnyHashable` that keeps `Sendable`.
struct AnyHashableSendable: Hashable, Sendable {
    private let base: any Hashable & Sendable

    init(_ base: some Hashable & Sendable) {
        self.base = base
    }

    static func == (left: Self, right: Self) -> Bool { left.base.isEqual(to: right.base) }

    func hash(into hasher: inout Hasher) { base.hash(into: &hasher) }
}

extension Equatable {
    fileprivate func isEqual(to other: any Equatable) -> Bool { (other as? Self) == self }
}
