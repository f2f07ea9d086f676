extension StringProtocol {
    /// How many columns of a terminal the text takes.
    var columns: Int { unicodeScalars.reduce(0) { $0 + $1.columns } }

    /// The text if it fits, else its beginning and an ellipsis.
    func clipped(to room: Int) -> String {
        var taken = 0
        for (index, scalar) in zip(unicodeScalars.indices, unicodeScalars) {
            taken += scalar.columns
            guard taken > room else { continue }
            guard room > 0 else { return "" }
            return String(self[..<index].droppingLast(untilWithin: room - 1)) + "…"
        }
        return String(self)
    }

    private func droppingLast(untilWithin room: Int) -> SubSequence {
        var rest = self[...]
        while rest.columns > room { rest = rest.dropLast() }
        return rest
    }
}

extension Unicode.Scalar {
    /// 2 for what East Asian Width (UAX #11) calls wide, and for emoji; 0 for what is put over
    /// the character before it. The C library would know too, but only in a UTF-8 locale.
    fileprivate var columns: Int {
        if value < 0x300 { return 1 }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF,
            0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
            0x1F900...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }
}

/// A line that is put together from its left and never gets longer than the terminal is wide.
struct BoundedLine {
    private(set) var text = ""
    private(set) var columns = 0
    private let width: Int

    init(width: Int) {
        self.width = width
    }

    var room: Int { width - columns }

    /// Appends what fits of `part`; colours are put around it afterwards and take no room.
    mutating func append(_ part: String, _ paint: (String) -> String = { $0 }) {
        let shown = part.clipped(to: room)
        columns += shown.columns
        text += paint(shown)
    }
}
