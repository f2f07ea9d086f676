/// Patterns of names with `*`, `?` and a leading `!` (ssh_config(5), PATTERNS).
struct HostPatterns: Sendable, Equatable {
    private let patterns: [String]

    init(_ patterns: [String]) {
        self.patterns = patterns
    }

    /// Whether one of them matches and no negated one does. Case does not matter.
    func match(_ name: String) -> Bool {
        let name = Array(name.lowercased().unicodeScalars)
        var isMatched = false
        for pattern in patterns {
            let isNegated = pattern.hasPrefix("!")
            let rest = Array(pattern.dropFirst(isNegated ? 1 : 0).lowercased().unicodeScalars)
            guard Self.match(rest, name) else { continue }
            if isNegated { return false }
            isMatched = true
        }
        return isMatched
    }

    /// Linear in both, but for going back to the last star.
    private static func match(_ pattern: [Unicode.Scalar], _ name: [Unicode.Scalar]) -> Bool {
        var inPattern = 0
        var inName = 0
        var afterStar: (pattern: Int, name: Int)?
        while inName < name.count {
            if inPattern < pattern.count, pattern[inPattern] == "*" {
                inPattern += 1
                afterStar = (inPattern, inName)
            } else if inPattern < pattern.count,
                pattern[inPattern] == "?" || pattern[inPattern] == name[inName]
            {
                inPattern += 1
                inName += 1
            } else if let star = afterStar {
                afterStar = (star.pattern, star.name + 1)
                inPattern = star.pattern
                inName = star.name + 1
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy { $0 == "*" }
    }
}
