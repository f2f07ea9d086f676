/// Base64 as known_hosts and key files have it (RFC 4648 §4).
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xFF, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    /// `nil` for anything but complete groups, padded or not, with no bits left over.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var letters = Array(text)
        if letters.count % 4 == 0 {
            for _ in 0..<2 where letters.last == UInt8(ascii: "=") { letters.removeLast() }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(letters.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        for letter in letters {
            let value = values[Int(letter)]
            guard value != 0xFF else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        let rest = bits & (1 << UInt32(count) - 1)
        return count < 6 && rest == 0 ? bytes : nil
    }

    static func encode(_ bytes: some Sequence<UInt8>, padded: Bool = true) -> String {
        var letters: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                letters.append(alphabet[Int(bits >> UInt32(count)) & 63])
            }
        }
        if count > 0 { letters.append(alphabet[Int(bits << UInt32(6 - count)) & 63]) }
        while padded, letters.count % 4 != 0 { letters.append(UInt8(ascii: "=")) }
        return String(decoding: letters, as: UTF8.self)
    }
}
