import Glibc
import Vocabulary

/// What a slice of a long loop takes: `FINFLOW_LONG=1` all of it, else a few, the same each time.
public enum Slice {
    public static let isLong = getenv("FINFLOW_LONG").map { String(cString: $0) } == "1"

    public static func of(_ all: ClosedRange<Int>, _ few: Int, seed: UInt64) -> [Int] {
        of(Array(all), few, seed: seed).sorted()
    }

    public static func of<Case>(_ all: [Case], _ few: Int, seed: UInt64) -> [Case] {
        guard !isLong else { return all }
        var random = SeededGenerator(seed: seed)
        return Array(all.shuffled(using: &random).prefix(few))
    }
}
