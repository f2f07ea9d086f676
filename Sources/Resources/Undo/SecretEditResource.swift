import Hosts
import Schema
import TaskGraph
import Vocabulary

/// A line or a block that was put into a file whose content may not be kept, since it holds a
/// secret: only what was put in is named, with the versions of its credentials. Only undo steps
/// name it.
struct SecretEditResource: Resource {
    enum State: String, CaseIterable {
        case present, absent
    }

    var path = ""
    var state = State.present
    /// The lines with markers for credentials (``ReferencedText``), of a block with its markers.
    var referenced = ""
    /// By which a line is found, whatever it says now; else by what it says.
    var match: LinePattern?
    var place = LinePlace()

    init() {}

    static let typeName = "secret_edit"
    static let undo = UndoAbility.exact()

    static let schema = Schema<SecretEditResource>(
        typeName,
        summary: "Lines that were put into a file with a secret.",
        fields: [
            .required("path", \.path, .absolutePath, "The file."),
            .required("state", \.state, .word(), "Whether they are to be there."),
            .required("secret", \.referenced, .text, "The lines, with names of secrets."),
            .optional("match", \.match, .linePattern, "By which the line is found."),
            .optional("after", \.place.after, .linePattern, "Where they were put."),
            .optional("before", \.place.before, .linePattern, "Where they were put."),
        ],
        example: """
            path: /etc/pgpass
            state: absent
            secret: "db:⟦secret:db@3⟧"
            match: "^db:"
            """)

    private func spec(_ state: State) -> ResourceSpec {
        ResourceSpec(
            Self.typeName,
            compact: [
                ("path", .string(path)), ("state", .string(state.rawValue)),
                ("secret", .string(referenced)), ("match", match.map { .string($0.source) }),
                ("after", place.after.map { .string($0.source) }),
                ("before", place.before.map { .string($0.source) }),
            ])
    }

    /// How it is put back that the lines are there.
    var step: UndoStep { UndoStep(left: spec(.present), before: spec(.absent)) }

    var thing: HostThing? { .other(kind: "secret edit", name: "\(path): \(referenced)") }
    var follows: [HostThing] { [] }
    func fingerprint(_ files: any PlaybookFiles) -> String { spec(state).fields.line }

    func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        [
            PathProbe(path), PathProbe(path.parentPath), TextProbe(path),
            SecretRecordProbe(path: path, stateDirectory: files.stateDirectory),
        ]
    }

    func plan(_ context: PlanContext) throws -> ResourcePlan {
        guard let status = try context.status(of: path) else {
            if state == .absent { return .unchanged }
            throw context.problem(.notKept, "`\(path.visible)` is gone, in which it was a line")
        }
        guard status.kind == .file else {
            throw context.wrongKind(path, status.kind, wanted: "a file")
        }
        guard case .content(let bytes) = try context.answers.answer(TextProbe(path)) else {
            throw context.problem(
                .notKept, "`\(path.visible)` cannot be read, in which it was a line")
        }
        var text = EditableText(bytes)
        switch state {
        case .absent:
            guard let range = try range(in: text, status, context) else { return .unchanged }
            text.replace(range, with: [])
            return try replacement(text, of: bytes, status, nil, context)
        case .present:
            if try isThere(text, status, context) { return .unchanged }
            let wanted = try context.files.secretText(of: referenced, at: context.place)
            let lines = wanted.withExposed { $0.lines }
            if let old = match.flatMap({ text.indices(matching: $0).last }), lines.count == 1 {
                text.replace(old..<old + 1, with: lines)
            } else {
                text.insert(lines, at: place)
            }
            return try replacement(text, of: bytes, status, wanted, context)
        }
    }

    /// Where the lines stand, as they were put there or with the values of now.
    private func range(
        in text: EditableText, _ status: PathStatus, _ context: PlanContext
    ) throws -> Range<Int>? {
        let now = try? context.files.secretText(of: referenced, at: context.place)
        if let lines = now?.withExposed({ $0.lines }), let found = text.range(of: lines) {
            return found
        }
        // With an older value: it is the one as long as nobody else wrote the file.
        guard try isOurs(status, context) else { return nil }
        if let match { return text.indices(matching: match).last.map { $0..<$0 + 1 } }
        let lines = referenced.lines
        guard let first = lines.first, let last = lines.last, lines.count > 1,
            let begin = text.indices(of: first).last, let end = text.indices(of: last).last,
            begin < end
        else { return nil }
        return begin..<end + 1
    }

    private func isThere(
        _ text: EditableText, _ status: PathStatus, _ context: PlanContext
    ) throws -> Bool {
        try range(in: text, status, context) != nil
    }

    /// Whether the file is as finflowctl last wrote it.
    private func isOurs(_ status: PathStatus, _ context: PlanContext) throws -> Bool {
        let probe = SecretRecordProbe(path: path, stateDirectory: context.stateDirectory)
        guard case .record(let record) = try context.answers.answer(probe) else { return false }
        return record.describes(status)
    }

    private func replacement(
        _ text: EditableText, of old: [UInt8], _ status: PathStatus, _ wanted: SecretText?,
        _ context: PlanContext
    ) throws -> ResourcePlan {
        let names = ReferencedText(referenced)?.credentials ?? []
        let what = referenced.lines.count == 1 ? "line" : "block"
        let shown = names.isEmpty ? redaction : "\(redaction) \(names.inWords)"
        let change =
            state == .absent
            ? Change(.delete, what, before: shown)
            : Change(.create, what, after: wanted?.redacted ?? shown)
        let replacement = FileReplacement(
            path: path, content: .unshown(text.bytes),
            attributes: FileAttributes().inheriting(from: status, default: 0o600),
            basis: .sha256(sha256Text(old)), holdsSecret: true, becomesSecret: true,
            stateDirectory: context.stateDirectory)
        var action = try replacement.action()
        action.credentials = wanted?.credentials ?? []
        let undo = state == .absent ? UndoStep(left: spec(.absent), before: spec(.present)) : step
        return ResourcePlan(changes: [change], action: action, undo: [undo])
    }
}

extension String {
    /// Without their newlines; the last one may or may not end with one.
    fileprivate var lines: [String] {
        EditableText(Array(utf8)).lines.map { String(decoding: $0, as: UTF8.self) }
    }
}

extension EditableText {
    /// The last place where the lines stand one behind the other.
    fileprivate func range(of wanted: [String]) -> Range<Int>? {
        let wanted = wanted.map { Array($0.utf8) }
        guard !wanted.isEmpty, lines.count >= wanted.count else { return nil }
        return (0...lines.count - wanted.count).reversed()
            .first { start in Array(lines[start..<start + wanted.count]) == wanted }
            .map { $0..<$0 + wanted.count }
    }
}
