import TaskGraph
import Vocabulary

/// The changes of one task as lines of text: a headline and what differs below it.
struct ChangeText: Hashable {
    var headline: String
    var details: [String]

    /// - Parameter contents: whether the lines of a diff are shown, or only that there is one.
    init(_ report: TaskReport, place: String?, contents: Bool, style: Style) {
        let symbol = Self.symbol(report.changes, style)
        let short = report.changes.filter { !$0.isText }
        let remark = short.map(\.inWords).filter { !$0.isEmpty }.joined(separator: ", ")
        var headline = "\(symbol) \(report.title.visible.padded(to: 46))"
        if !remark.isEmpty { headline += "  \(remark)" }
        if let place {
            headline = headline.padded(to: 64, hidden: style.isOn ? 9 : 0) + "  " + style.dim(place)
        }
        self.headline = headline
        details =
            contents
            ? report.changes.filter(\.isText).flatMap { Self.diff($0, style) }
            : report.changes.filter(\.isText).map { "    \(style.dim($0.what + " differs"))" }
    }

    private static func symbol(_ changes: [Change], _ style: Style) -> String {
        let kinds = Set(changes.map(\.kind))
        if kinds.contains(.run) { return style.cyan("!") }
        if kinds.contains(.create) { return style.green("+") }
        if kinds == [.delete] { return style.red("-") }
        return style.yellow("~")
    }

    /// How many lines of a diff are shown of one change.
    private static let limit = 200

    private static func diff(_ change: Change, _ style: Style) -> [String] {
        let text = UnifiedDiff(from: change.before ?? "", to: change.after ?? "").description
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var shown = lines.prefix(limit).map { line in
            let text = "    " + line.visible
            if line.hasPrefix("+") { return style.green(text) }
            if line.hasPrefix("-") { return style.red(text) }
            return style.dim(text)
        }
        if lines.count > limit { shown.append("    … \(lines.count - limit) more lines") }
        return shown
    }
}

extension Change {
    /// Whether it is shown as a diff rather than in a few words.
    var isText: Bool {
        (before ?? "").contains("\n") || (after ?? "").contains("\n")
    }

    /// `mode 0644 → 0600`
    var inWords: String {
        switch (kind, before, after) {
        case (.run, let cause?, _): "\(what), \(cause)".visible
        case (_, let before?, let after?): "\(what) \(before) → \(after)".visible
        case (_, nil, let after?): "\(what) \(after)".visible
        case (.delete, let before?, nil): "\(what) \(before)".visible
        case (_, let before?, nil): "no \(what) (was \(before))".visible
        case (_, nil, nil): what.visible
        }
    }

    var json: JSON {
        .object(compact: [
            ("kind", .string(kind.rawValue)), ("what", .string(what)),
            ("before", before.map(JSON.string)), ("after", after.map(JSON.string)),
        ])
    }
}

extension String {
    /// - Parameter hidden: columns that the terminal does not show (colour codes).
    func padded(to width: Int, hidden: Int = 0) -> String {
        let missing = width + hidden - count
        return missing > 0 ? self + String(repeating: " ", count: missing) : self
    }
}
