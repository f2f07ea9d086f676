import Vocabulary

/// The times of crontab(5), judged before cron would silently pass over the line.
enum CronSchedule {
    private struct Part {
        var name: String
        var range: ClosedRange<Int>
        var words: [String] = []
        /// The number that the first word stands for.
        var firstWord = 0
    }

    private static let parts = [
        Part(name: "minute", range: 0...59),
        Part(name: "hour", range: 0...23),
        Part(name: "day of the month", range: 1...31),
        Part(
            name: "month", range: 1...12,
            words: [
                "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
            ], firstWord: 1),
        Part(
            name: "day of the week", range: 0...7,
            words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ]

    private static let nicknames: Set<String> = [
        "@reboot", "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly",
    ]

    /// What is wrong with it; `nil` for a schedule that cron takes.
    static func problem(of text: String) -> String? {
        if text.hasPrefix("@") {
            return nicknames.contains(text) ? nil : "cron does not know `\(text.visible)`"
        }
        let fields = text.split { $0 == " " || $0 == "\t" }
        guard fields.count == parts.count else {
            return "a schedule has five fields, `\(text.visible)` has \(fields.count)"
        }
        for (field, part) in zip(fields, parts) {
            for element in field.split(separator: ",", omittingEmptySubsequences: false)
            where !isValid(element, part) {
                return "`\(field.visible)` is no \(part.name) to cron"
            }
        }
        return nil
    }

    /// `*`, `5`, `1-5`, `mon-fri`, each with or without `/2`.
    private static func isValid(_ element: Substring, _ part: Part) -> Bool {
        let halves = element.split(separator: "/", omittingEmptySubsequences: false)
        guard let span = halves.first, halves.count <= 2 else { return false }
        if halves.count == 2 {
            guard let step = Int(halves[1]), step > 0 else { return false }
        }
        if span == "*" { return true }
        let ends = span.split(separator: "-", omittingEmptySubsequences: false)
            .map { number($0, part) }
        guard (1...2).contains(ends.count), let first = ends[0] else { return false }
        guard ends.count == 2 else { return halves.count == 1 }
        return ends[1].map { $0 >= first } ?? false
    }

    private static func number(_ text: Substring, _ part: Part) -> Int? {
        if let index = part.words.firstIndex(of: text.lowercased()) {
            return index + part.firstWord
        }
        guard text.allSatisfy(\.isNumber) else { return nil }
        return Int(text).flatMap { part.range.contains($0) ? $0 : nil }
    }
}
