/// Keys as people copy them: BIP 173, without its limit on length, as age has it.
enum Bech32 {
    /// What is wrong with a text; it never quotes it, for the text may be a secret.
    struct Flaw: Error, Hashable {
        let reason: String
    }

    struct Decoded {
        /// In the case in which it was written.
        let prefix: String
        let bytes: [UInt8]
    }

    private static let checksumLength = 6
    private static let letters = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)
    private static let values: [UInt8: UInt8] = Dictionary(
        uniqueKeysWithValues: letters.enumerated().map { ($1, UInt8($0)) })

    /// In lower case.
    static func encode(prefix: String, _ bytes: some Sequence<UInt8>) -> String {
        let groups = regroup(bytes, from: 8, to: 5)
        let padded = groups.values + (groups.rest.map { [$0.value << (5 - $0.count)] } ?? [])
        let zeros = [UInt8](repeating: 0, count: checksumLength)
        let sum = polymod(expanded(prefix) + padded + zeros) ^ 1
        let checksum = (0..<checksumLength).map { index in
            UInt8(sum >> UInt32(5 * (checksumLength - 1 - index)) & 31)
        }
        let text = (padded + checksum).map { letters[Int($0)] }
        return prefix + "1" + String(decoding: text, as: UTF8.self)
    }

    static func decode(_ text: String) throws(Flaw) -> Decoded {
        guard text.utf8.allSatisfy({ (33...126).contains($0) }) else {
            throw Flaw(reason: "it contains a character that no key has")
        }
        let lower = text.lowercased()
        guard text == lower || text == text.uppercased() else {
            throw Flaw(reason: "it mixes upper and lower case")
        }
        guard let separator = lower.lastIndex(of: "1"), separator > lower.startIndex else {
            throw Flaw(reason: "it is not a key")
        }
        let prefix = String(lower[..<separator])
        var data: [UInt8] = []
        for letter in lower[lower.index(after: separator)...].utf8 {
            guard let value = values[letter] else {
                throw Flaw(reason: "it contains a character that no key has")
            }
            data.append(value)
        }
        guard data.count >= checksumLength else { throw Flaw(reason: "it is too short") }
        guard polymod(expanded(prefix) + data) == 1 else {
            throw Flaw(reason: "its checksum is wrong: a character is missing or mistyped")
        }
        let groups = regroup(data.dropLast(checksumLength), from: 5, to: 8)
        if let rest = groups.rest, rest.count >= 5 || rest.value != 0 {
            throw Flaw(reason: "it does not hold whole bytes")
        }
        return Decoded(prefix: String(text.prefix(prefix.count)), bytes: groups.values)
    }

    /// The prefix as the checksum takes it in.
    private static func expanded(_ prefix: String) -> [UInt8] {
        prefix.utf8.map { $0 >> 5 } + [0] + prefix.utf8.map { $0 & 31 }
    }

    private static func polymod(_ values: [UInt8]) -> UInt32 {
        let generators: [UInt32] = [
            0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3,
        ]
        var sum: UInt32 = 1
        for value in values {
            let top = sum >> 25
            sum = ((sum & 0x1ff_ffff) << 5) ^ UInt32(value)
            for (bit, generator) in generators.enumerated() where (top >> UInt32(bit)) & 1 == 1 {
                sum ^= generator
            }
        }
        return sum
    }

    /// The same bits in groups of another size, and those that fill no group.
    private static func regroup(
        _ values: some Sequence<UInt8>, from size: UInt32, to other: UInt32
    ) -> (values: [UInt8], rest: (value: UInt8, count: UInt8)?) {
        var groups: [UInt8] = []
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for value in values {
            bits = (bits << size) | UInt32(value)
            count += size
            while count >= other {
                count -= other
                groups.append(UInt8((bits >> count) & ((1 << other) - 1)))
                bits &= (1 << count) - 1
            }
        }
        return (groups, count == 0 ? nil : (UInt8(bits), UInt8(count)))
    }
}
