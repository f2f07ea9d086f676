/// The name of an object in a state store: `runs/20261124T140312Z-k3f9q2/000001.ndjson`.
///
/// Its parts are of ASCII letters, digits, `.`, `_` and `-`, and none begins with a dot: so a
/// key is the same as a path below a directory, in a bucket, and typed by a person.
public struct StateKey: Hashable, Sendable {
    public let path: String

    /// `nil` for what is no key.
    public init?(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.utf8.count <= 900, parts.allSatisfy(Self.isPart) else { return nil }
        self.path = path
    }

    /// Parts that are known to be some.
    init(joining parts: String...) {
        path = parts.joined(separator: "/")
        assert(StateKey(path) != nil)
    }

    var parts: [Substring] { path.split(separator: "/") }

    static func isPart(_ text: some StringProtocol) -> Bool {
        (1...200).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: ".")
            && text.utf8.allSatisfy { byte in
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

extension StateKey: Comparable, CustomStringConvertible {
    public static func < (left: Self, right: Self) -> Bool { left.path < right.path }
    public var description: String { path }
}
