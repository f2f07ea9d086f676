/// The base64 of RFC 4648 §4, as coreutils' `base64 --wrap=0` writes it.
enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let values: [UInt8?] = {
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        return values
    }()

    /// `nil` for what is not base64 to its last byte.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 4 * 3)
        var (group, count, padding) = (0, 0, 0)
        for letter in text {
            if letter == UInt8(ascii: "=") {
                padding += 1
                group <<= 6
            } else if let value = values[Int(letter)], padding == 0 {
                group = group << 6 | Int(value)
            } else {
                return nil
            }
            count += 1
            if count == 4 {
                result.append(UInt8(group >> 16))
                if padding < 2 { result.append(UInt8(group >> 8 & 255)) }
                if padding < 1 { result.append(UInt8(group & 255)) }
                (group, count) = (0, 0)
            }
        }
        return padding <= 2 ? result : nil
    }
}
