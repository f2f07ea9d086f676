import Vocabulary

/// What a rendering may still spend; see ``RenderLimits``.
struct Budget {
    private(set) var steps: Int
    private(set) var text: Int

    init(_ limits: RenderLimits) {
        steps = limits.steps
        text = limits.text.bytes
    }

    mutating func spend(_ count: Int = 1) throws(Problem) {
        steps -= count
        if steps < 0 { throw .limit("the template does too much work") }
    }

    mutating func spend(text bytes: Int) throws(Problem) {
        text -= bytes
        if text < 0 { throw .limit("the template makes too much text") }
    }

    /// Pays for a value that was made.
    mutating func spend(for value: Value) throws(Problem) {
        switch value {
        case .string(let string): try spend(text: string.utf8.count)
        case .list(let elements): try spend(elements.count)
        case .map(let entries): try spend(entries.count)
        default: break
        }
    }

    /// What is in a value, to the bottom.
    struct Survey {
        var hides = false
        var unknown: String?
    }

    mutating func survey(_ value: Value) throws(Problem) -> Survey {
        var found = Survey()
        try survey(value, &found, depth: 0)
        return found
    }

    private mutating func survey(
        _ value: Value, _ found: inout Survey, depth: Int
    ) throws(Problem) {
        switch value {
        case .sensitive:
            found.hides = true
            var hides = false
            try survey(value.peeled(&hides), &found, depth: depth)
        case .unknown(let reason): found.unknown = found.unknown ?? reason
        case .list(let elements):
            try enter(depth, elements.count)
            for element in elements { try survey(element, &found, depth: depth + 1) }
        case .map(let entries):
            try enter(depth, entries.count)
            for element in entries.values { try survey(element, &found, depth: depth + 1) }
        default: break
        }
    }

    private mutating func enter(_ depth: Int, _ count: Int) throws(Problem) {
        try spend(count)
        if depth >= RenderLimits.nesting {
            throw .limit("a value is nested deeper than \(RenderLimits.nesting) levels")
        }
    }
}
