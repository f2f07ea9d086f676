/// What went wrong, in the operator's words: a stable code, a message, where, and what to do.
///
/// Modules throw typed errors of their own; wherever one reaches an operator it has become a
/// `Diagnostic`. Texts never hold secrets: they are built from values that are not `Sensitive`.
public struct Diagnostic: Error, Hashable, Sendable {
    public enum Severity: String, Hashable, Sendable {
        case error, warning, note
    }

    /// A second place that belongs to the story: the first definition of a duplicate, an
    /// edge of a cycle.
    public struct Related: Hashable, Sendable {
        public var message: String
        public var place: SourcePlace

        public init(_ message: String, at place: SourcePlace) {
            self.message = message
            self.place = place
        }
    }

    public var code: Code
    public var severity: Severity
    /// One sentence, without a full stop: what happened.
    public var message: String
    /// Where, when it is in a text.
    public var place: SourcePlace?
    /// Where, when it is not: `host app-1`, `host app-1, task common/ntp`.
    public var subject: String?
    /// Short words under the caret: ``did you mean `mode`?``
    public var hint: String?
    /// What to do next, as a sentence.
    public var help: String?
    public var related: [Related]

    public init(
        _ code: Code,
        _ message: String,
        at place: SourcePlace? = nil,
        subject: String? = nil,
        hint: String? = nil,
        help: String? = nil,
        related: [Related] = [],
        severity: Severity = .error
    ) {
        self.code = code
        self.severity = severity
        self.message = message
        self.place = place
        self.subject = subject
        self.hint = hint
        self.help = help
        self.related = related
    }
}

extension Diagnostic {
    /// The identity of a kind of diagnostic, stable for ever: scripts match on it and
    /// `finflowctl explain` tells more of it. Each module lists its own in a `catalogue`.
    public struct Code: Sendable {
        /// `FF` and four digits, the first two of them the module's.
        public let id: String
        /// A line: what this kind of diagnostic says.
        public let title: String
        /// Paragraphs: why it happens and how to mend it.
        public let explanation: String
        public let status: ExitStatus

        public init(
            _ id: String, _ title: String, status: ExitStatus = .badInput, explanation: String
        ) {
            self.id = id
            self.title = title
            self.explanation = explanation
            self.status = status
        }
    }

    public var status: ExitStatus { code.status }
}

extension Diagnostic.Code: Hashable, CustomStringConvertible {
    public static func == (left: Self, right: Self) -> Bool { left.id == right.id }
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
    public var description: String { id }
}

/// All that is wrong with an input, not only the first thing.
public struct Diagnostics: Error, Sendable, Hashable {
    public private(set) var all: [Diagnostic]

    public init(_ all: [Diagnostic] = []) {
        self.all = all
    }

    public var isEmpty: Bool { all.isEmpty }
    public var hasErrors: Bool { all.contains { $0.severity == .error } }

    public mutating func add(_ diagnostic: Diagnostic) {
        all.append(diagnostic)
    }

    public mutating func add(_ others: Diagnostics) {
        all.append(contentsOf: others.all)
    }

    /// Runs `body`; what it throws is kept here and `nil` returned, so that a reader can go
    /// on to the next thing that may be wrong.
    public mutating func collect<Value>(
        _ body: () throws(Diagnostics) -> Value
    ) -> Value? {
        do {
            return try body()
        } catch {
            add(error)
            return nil
        }
    }

    public func throwIfErrors() throws(Diagnostics) {
        if hasErrors { throw self }
    }

    /// In the order in which an editor would walk through them, each one once.
    public var sorted: [Diagnostic] {
        var seen: Set<Diagnostic> = []
        let unique = all.filter { seen.insert($0).inserted }
        return unique.enumerated().sorted { left, right in
            switch (left.element.place, right.element.place) {
            case (let first?, let second?) where first != second: first < second
            case (nil, _?): true
            case (_?, nil): false
            default: left.offset < right.offset
            }
        }.map(\.element)
    }
}

extension Sequence {
    /// What `transform` makes of each element; all that it throws is thrown together at the end,
    /// not only the first of it.
    public func mapCollecting<Value>(
        _ transform: (Element) throws(Diagnostics) -> Value
    ) throws(Diagnostics) -> [Value] {
        var wrong = Diagnostics()
        var result: [Value] = []
        result.reserveCapacity(underestimatedCount)
        for element in self {
            do {
                result.append(try transform(element))
            } catch {
                wrong.add(error)
            }
        }
        // Also when there are but warnings: a part would be missing from the result.
        guard wrong.isEmpty else { throw wrong }
        return result
    }
}
