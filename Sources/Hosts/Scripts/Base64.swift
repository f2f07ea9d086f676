extension Sequence<UInt8> {
    /// RFC 4648 §4, padded, in one line.
    var base64: String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var encoded: [UInt8] = []
        encoded.reserveCapacity((underestimatedCount + 2) / 3 * 4)
        var (bits, count): (UInt32, Int) = (0, 0)
        for byte in self {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                encoded.append(digits[Int(bits >> UInt32(count) & 63)])
            }
        }
        if count > 0 { encoded.append(digits[Int(bits << UInt32(6 - count) & 63)]) }
        while encoded.count % 4 != 0 { encoded.append(UInt8(ascii: "=")) }
        return String(decoding: encoded, as: UTF8.self)
    }
}
