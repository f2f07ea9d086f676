/// The name of a host, as the inventory has it; where it is reached may differ.
public struct HostName: Hashable, Sendable, RawRepresentable {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    public init(_ name: String) {
        rawValue = name
    }

    public static let localhost = HostName("localhost")
}

extension HostName: CustomStringConvertible, ExpressibleByStringLiteral, Comparable {
    public var description: String { rawValue }

    public init(stringLiteral value: String) {
        rawValue = value
    }

    /// By number where there are numbers: `app-2` before `app-10`.
    public static func < (left: HostName, right: HostName) -> Bool {
        let (first, second) = (left.rawValue.chunks, right.rawValue.chunks)
        for (one, other) in zip(first, second) where one != other {
            if let one = Int(one), let other = Int(other), one != other { return one < other }
            return one < other
        }
        return first.count < second.count
    }
}

extension String {
    /// Alternately digits and what is none.
    fileprivate var chunks: [Substring] {
        var result: [Substring] = []
        var rest = self[...]
        while let first = rest.first {
            let isNumber = first.isASCII && first.isNumber
            let chunk = rest.prefix { ($0.isASCII && $0.isNumber) == isNumber }
            result.append(chunk)
            rest = rest[chunk.endIndex...]
        }
        return result
    }
}

extension String {
    /// Whether it may name a host or a group: nothing in it has a meaning in a pattern.
    var isInventoryName: Bool {
        guard let first = utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: ".") else {
            return false
        }
        return utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}
