import Setup
import TaskGraph
import Vocabulary

/// The changes of one task as lines of text: a headline and what differs below it.
struct ChangeText: Hashable {
    var headline: String
    var details: [String]

    /// - Parameters:
    ///   - origin: whose doing it is, where that is to be said.
    ///   - contents: whether the lines of a diff are shown, or only that there is one.
    ///   - width: of the terminal, less what stands to the left; `nil` for what is not one,
    ///     where nothing is cut off.
    init(
        _ report: TaskReport, place: String?, origin: ChangeOrigin? = nil, contents: Bool,
        style: Style, width: Int?
    ) {
        let short = report.changes.filter { !$0.isText }
        var remark = short.map(\.inWords).filter { !$0.isEmpty }.joined(separator: ", ")
        if origin?.isDrift == true {
            let word = origin == .both ? "foreign and intended" : "foreign"
            remark += remark.isEmpty ? word : " (\(word))"
        }
        let paint = Self.paint(report.changes, style)
        let symbol = Self.symbol(report.changes)
        var place = place.map { "  \($0)" } ?? ""
        // Too narrow for both: what changes matters more than where it is written.
        if let width, width < 70 || place.columns > width / 2 { place = "" }
        let room = (width ?? .max) - place.columns
        var text = " " + report.title.visible.padded(to: min(46, max(0, room / 2)))
        if !remark.isEmpty { text += "  \(remark)" }
        if !place.isEmpty { text = text.padded(to: min(63, room - 1)) }
        if width != nil { text = text.clipped(to: room - 1) }
        headline = paint(symbol) + text + style.dim(place)
        details =
            contents
            ? report.changes.filter(\.isText).flatMap { Self.diff($0, style) }
            : report.changes.filter(\.isText).map { "    \(style.dim($0.what + " differs"))" }
    }

    private static func symbol(_ changes: [Change]) -> String {
        let kinds = Set(changes.map(\.kind))
        if kinds.contains(.run) { return "!" }
        if kinds.contains(.create) { return "+" }
        return kinds == [.delete] ? "-" : "~"
    }

    private static func paint(_ changes: [Change], _ style: Style) -> (String) -> String {
        switch symbol(changes) {
        case "!": style.cyan
        case "+": style.green
        case "-": style.red
        default: style.yellow
        }
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
    /// With spaces behind it, up to a number of columns.
    func padded(to width: Int) -> String {
        let missing = width - columns
        return missing > 0 ? self + String(repeating: " ", count: missing) : self
    }
}
