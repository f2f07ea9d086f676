import Postgres
import Vocabulary

/// Values with everything in them that quoting and encoding could get wrong.
enum Arbitrary {
    static func text(using random: inout some RandomNumberGenerator) -> String {
        let count = Int.random(in: 0...40, using: &random)
        var text = ""
        for _ in 0..<count { text.unicodeScalars.append(scalar(using: &random)) }
        return text
    }

    private static func scalar(using random: inout some RandomNumberGenerator) -> Unicode.Scalar {
        let special: [Unicode.Scalar] = ["'", "\"", "\\", "\n", "\r", "\t", "\u{1}", "$", ";", "%"]
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return special.randomElement(using: &random) ?? "'"
        case 1: return Unicode.Scalar(UInt8.random(in: 1...127, using: &random))
        case 2: return Unicode.Scalar(UInt16.random(in: 0x80...0xD7FF, using: &random)) ?? "é"
        default: return Unicode.Scalar(UInt32.random(in: 0x10000...0x10FFFF, using: &random)) ?? "🐘"
        }
    }

    static func bytes(using random: inout some RandomNumberGenerator) -> [UInt8] {
        (0..<Int.random(in: 0...200, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
    }

    static func double(using random: inout some RandomNumberGenerator) -> Double {
        let special = [
            0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude,
            .greatestFiniteMagnitude, 0.1, -1e-300,
        ]
        guard Bool.random(using: &random) else { return special.randomElement(using: &random) ?? 0 }
        let value = Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random))
        return value.isNaN ? 1.5 : value
    }

    static func integer(using random: inout some RandomNumberGenerator) -> Int64 {
        [0, -1, .min, .max, Int64(Int32.max) + 1].randomElement(using: &random)
            .flatMap { Bool.random(using: &random) ? $0 : nil }
            ?? Int64.random(in: .min ... .max, using: &random)
    }
}
