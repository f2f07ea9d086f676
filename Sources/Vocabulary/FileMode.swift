/// The permission bits of a file: `0644`.
public struct FileMode: Hashable, Sendable {
    /// Set-id and sticky bits included, file type not.
    public let bits: Int

    public init(_ bits: Int) {
        self.bits = bits & 0o7777
    }

    /// Reads three or four octal digits.
    public init?(octal text: some StringProtocol) {
        guard (3...4).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
            let bits = Int(text, radix: 8)
        else { return nil }
        self.init(bits)
    }

    /// Whether only its owner and group may do anything: what the file holds is not for all,
    /// such as a service's configuration of mode 0640 with a password in it.
    public var isPrivate: Bool { bits & 0o007 == 0 }
}

extension FileMode: CustomStringConvertible {
    public var description: String {
        let digits = String(bits, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension FileMode: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int) {
        self.init(value)
    }
}
