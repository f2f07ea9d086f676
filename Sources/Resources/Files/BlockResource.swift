public import Hosts
public import Schema
import TaskGraph
public import Vocabulary

/// Lines between two markers in a text file that otherwise belongs to somebody else.
public struct BlockResource: Resource, EditsFile {
    enum State: String, CaseIterable {
        case present, absent
    }

    var edit = FileEdit()
    var place = LinePlace()
    var content: SecretText?
    var marker = "# {mark} managed by finflowctl"
    var state = State.present

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        The file is put back as it was, from what the host keeps. Of a block with a secret in a file \
        that was there before, the host keeps no content: a new block is taken out again, and one \
        that was replaced or removed is not put back.
        """)

    public static let schema = Schema<BlockResource>(
        "block",
        summary: "Lines between two markers in a text file that otherwise belongs to others.",
        details: """
            The block is found again by its markers, which are `marker` with `BEGIN` and `END` for \
            `{mark}`; two blocks of one file need two different markers. Where it stands once, it \
            stays. Links are not followed.
            """,
        fields: [
            .required("path", \.edit.path, .absolutePath, "The file."),
            .optional(
                "content", \.content, .secretText,
                "What stands between the markers; needed unless it is `absent`."),
            .optional(
                "marker", \.marker,
                .singleLine.checked { marker in
                    marker.contains("{mark}") ? nil : "a marker has `{mark}` for BEGIN and END"
                },
                default: "\"# {mark} managed by finflowctl\"",
                "The line before and behind it, a comment to whoever reads the file."),
            .optional(
                "state", \.state, .word(), default: "present", "Whether it is to be there."),
        ] + editFields,
        example: """
            path: /etc/hosts
            marker: "# {mark} finflow peers"
            content: |
              10.0.0.11 db-1.finflow.internal
              10.0.0.12 db-2.finflow.internal
            """,
        check: problems)

    private static func problems(_ model: BlockResource, at place: SourcePlace) -> [Diagnostic] {
        var problems = model.placeProblems(at: place)
        func add(_ message: String) {
            problems.append(Diagnostic(.conflictingKeys, message, at: place))
        }
        switch (model.state, model.content) {
        case (.present, nil): add("a block needs `content`")
        case (.absent, _?): add("a block that is `absent` has no `content`")
        default: break
        }
        if model.lines.contains(where: { [model.begin, model.end].contains($0) }) {
            add("the content of a block has a line that is its marker")
        }
        return problems
    }

    private var begin: String { marker.replacing("{mark}", with: "BEGIN") }
    private var end: String { marker.replacing("{mark}", with: "END") }

    /// Those of the content, of which the last one may or may not end with a newline.
    private var lines: [String] {
        guard let content else { return [] }
        return content.withExposed { text in
            EditableText(Array(text.utf8)).lines.map { String(decoding: $0, as: UTF8.self) }
        }
    }

    public var thing: HostThing? { .other(kind: "block", name: "\(edit.path): \(marker)") }

    public var edits: String? { edit.path }

    public var follows: [HostThing] { edit.follows }

    public func fingerprint(_ files: any PlaybookFiles) throws(Diagnostics) -> String {
        let digest = content.map { $0.withExposed { sha256Text($0.utf8) } } ?? "-"
        return "\(state.rawValue) content=\(digest) \(place) \(edit.attributes.fingerprint)"
    }

    public func questions(
        _ detail: PlanDetail, _ files: any PlaybookFiles
    ) throws(Diagnostics) -> [any Probe] {
        edit.questions
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        try edit.plan(
            context, isRemoval: state == .absent, holdsSecret: content?.isSensitive == true,
            part: part
        ) { text, mayShowOld in
            let range = try block(in: text, context)
            let new = state == .absent ? [] : [begin] + lines + [end]
            let old = range.map { range in range.map { Array(text.lines[$0]) } }
            guard (old ?? []) != new.map({ Array($0.utf8) }) else { return [] }
            let before = range.map { range in
                shown(range.dropFirst().dropLast().map(text.text(at:)), mayShowOld)
            }
            if let range {
                text.replace(range, with: new)
            } else {
                text.insert(new, at: place)
            }
            let kind: Change.Kind =
                before == nil ? .create : state == .absent ? .delete : .update
            return [
                Change(
                    kind, "block", before: before,
                    after: state == .absent
                        ? nil
                        : content.flatMap { $0.isSensitive ? $0.redacted : nil }
                            ?? shown(lines, true))
            ]
        }
    }

    /// What is put in, for undo.
    private var part: SecretEditResource? {
        guard let referenced = content?.referenced else { return nil }
        func plain(_ line: String) -> String { SecretText(line).referenced ?? line }
        let inner =
            referenced.isEmpty || referenced.hasSuffix("\n") ? referenced : referenced + "\n"
        var part = SecretEditResource()
        (part.path, part.place) = (edit.path, place)
        part.referenced = "\(plain(begin))\n\(inner)\(plain(end))\n"
        return part
    }

    private func shown(_ lines: [String], _ mayShow: Bool) -> String {
        guard mayShow, content?.isSensitive != true else { return redaction }
        return lines.map { $0 + "\n" }.joined()
    }

    /// The lines of the block, its markers included; `nil` where there is none.
    private func block(in text: EditableText, _ context: PlanContext) throws -> Range<Int>? {
        let (begins, ends) = (text.indices(of: begin), text.indices(of: end))
        if begins.isEmpty, ends.isEmpty { return nil }
        guard begins.count == 1, ends.count == 1, begins[0] < ends[0] else {
            throw context.problem(
                .brokenBlock,
                "`\(edit.path.visible)` has \(begins.count) of the marker that begins the block "
                    + "and \(ends.count) of the one that ends it",
                help: "It needs one of each, in this order. Mend it by hand.")
        }
        return begins[0]..<ends[0] + 1
    }
}
