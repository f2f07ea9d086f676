public import Hosts
public import Schema
import TaskGraph
public import Vocabulary

/// One line of a text file: that it is there, or that it is not.
public struct LineResource: Resource, EditsFile {
    enum State: String, CaseIterable {
        case present, absent
    }

    var edit = FileEdit()
    var place = LinePlace()
    var line: SecretText?
    var match: LinePattern?
    var state = State.present

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        The file is put back as it was, from what the host keeps. Of a line with a secret in a file that \
        was there before, the host keeps no content: a new line is taken out again, and what it \
        replaced is not put back.
        """)

    public static let schema = Schema<LineResource>(
        "line",
        summary: "One line of a text file: that it is there, or that it is not.",
        details: """
            With `match`, the last line in which that regular expression is found becomes `line`; \
            where it is found in none, and always without `match`, `line` is added unless the \
            file has it. `absent` removes all lines in which `match` is found, or that are equal \
            to `line`.

            A file that somebody else's package owns is better extended by a file of one's own \
            (`conf.d`), and one that is all ours is better a `template`. Links are not followed.
            """,
        fields: [
            .required("path", \.edit.path, .absolutePath, "The file."),
            .optional(
                "line", \.line,
                .secretText.checked { line in
                    line.withExposed { $0.utf8.contains { $0 == 0x0A || $0 == 0 } }
                        ? "this is one line; `block` is for more" : nil
                },
                "What it says. A secret needs `match`, or its old value would stay."),
            .optional(
                "match", \.match, .linePattern, "Which line it replaces, or which are removed."),
            .optional(
                "state", \.state, .word(), default: "present", "Whether it is to be there."),
        ] + editFields,
        example: """
            path: /etc/login.defs
            match: ^\\s*UMASK\\b
            line: UMASK 027
            """,
        check: problems)

    private static func problems(_ model: LineResource, at place: SourcePlace) -> [Diagnostic] {
        var problems = model.placeProblems(at: place)
        func add(_ message: String) {
            problems.append(Diagnostic(.conflictingKeys, message, at: place))
        }
        switch (model.state, model.line, model.match) {
        case (.present, nil, _): add("a line that is `present` needs `line`")
        case (.absent, nil, nil): add("a line that is `absent` needs `match` or `line`")
        case (.absent, _?, _?): add("an `absent` line is told by `match` or by `line`, not by both")
        case (_, let line?, nil) where line.isSensitive:
            add("a line that is a secret needs `match`, or its old value would stay in the file")
        default: break
        }
        return problems
    }

    public var thing: HostThing? {
        .other(kind: "line", name: "\(edit.path): \(match?.source ?? line?.shown ?? "")")
    }

    public var edits: String? { edit.path }

    public var follows: [HostThing] { edit.follows }

    public func fingerprint(_ files: any PlaybookFiles) throws(Diagnostics) -> String {
        let digest = line.map { $0.withExposed { sha256Text($0.utf8) } } ?? "-"
        return "\(state.rawValue) line=\(digest) match=\(match?.source ?? "-") "
            + "\(place) \(edit.attributes.fingerprint)"
    }

    public func questions(
        _ detail: PlanDetail, _ files: any PlaybookFiles
    ) throws(Diagnostics) -> [any Probe] {
        edit.questions
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        try edit.plan(
            context, isRemoval: state == .absent, holdsSecret: line?.isSensitive == true,
            part: part
        ) { text, mayShowOld in
            let mayShow = mayShowOld && line?.isSensitive != true
            return state == .absent ? remove(from: &text, mayShow) : put(into: &text, mayShow)
        }
    }

    /// What is put in, for undo.
    private var part: SecretEditResource? {
        guard let referenced = line?.referenced else { return nil }
        var part = SecretEditResource()
        (part.path, part.referenced, part.match, part.place) = (edit.path, referenced, match, place)
        return part
    }

    private func put(into text: inout EditableText, _ mayShowOld: Bool) -> [Change] {
        guard let line else { return [] }
        let wanted = line.withExposed { $0 }
        if let index = match.flatMap({ text.indices(matching: $0).last }) {
            guard text.lines[index] != Array(wanted.utf8) else { return [] }
            let old = mayShowOld ? text.text(at: index) : redaction
            text.replace(index..<index + 1, with: [wanted])
            return [Change(.update, "line", before: old, after: line.shown)]
        }
        guard text.indices(of: wanted).isEmpty else { return [] }
        text.insert([wanted], at: place)
        return [Change(.create, "line", after: line.shown)]
    }

    private func remove(from text: inout EditableText, _ mayShowOld: Bool) -> [Change] {
        let found =
            match.map(text.indices(matching:))
            ?? line.map { $0.withExposed(text.indices(of:)) } ?? []
        let old = found.map { mayShowOld ? text.text(at: $0) : redaction }
        text.remove(found)
        return old.map { Change(.delete, "line", before: $0) }
    }
}
