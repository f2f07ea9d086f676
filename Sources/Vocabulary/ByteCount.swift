/// A number of bytes.
public struct ByteCount: Hashable, Sendable, Comparable {
    public var bytes: Int

    public init(_ bytes: Int) {
        self.bytes = bytes
    }

    public static func kibibytes(_ count: Int) -> ByteCount { ByteCount(count << 10) }
    public static func mebibytes(_ count: Int) -> ByteCount { ByteCount(count << 20) }

    public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}

extension ByteCount: CustomStringConvertible {
    /// Three figures and a binary unit: `1.21 GiB`.
    public var description: String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var value = Double(bytes)
        var unit = 0
        while value >= 1000, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        if unit == 0 { return "\(bytes) B" }
        let decimals = value < 10 ? 100.0 : value < 100 ? 10.0 : 1.0
        let rounded = (value * decimals).rounded() / decimals
        return decimals == 1 ? "\(Int(rounded)) \(units[unit])" : "\(rounded) \(units[unit])"
    }
}

extension Duration {
    public var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    /// As an operator reads it: `38 ms`, `0.9 s`, `2 min 5 s`, `3 h 7 min`.
    public var brief: String {
        let value = seconds
        switch value {
        case ..<0.0995: return "\(Int((value * 1000).rounded())) ms"
        case ..<9.95: return "\((value * 10).rounded() / 10) s"
        case ..<99.5: return "\(Int(value.rounded())) s"
        case ..<5970: return "\(Int(value) / 60) min \(Int(value) % 60) s"
        default: return "\(Int(value) / 3600) h \(Int(value) % 3600 / 60) min"
        }
    }
}
