import Vocabulary

/// The name of an object in a repository: `snapshots/20261124T140312Z-k3f9q2/manifest.json`.
///
/// Its parts are of ASCII letters, digits, `.`, `_`, `-` and `~`, and none begins with a dot: so a
/// key is the same as a path below a directory, in a bucket, in a URL (RFC 3986, «unreserved»)
/// and typed by a person.
public struct ObjectKey: Hashable, Sendable {
    public let path: String

    /// `nil` for what is no key.
    public init?(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.utf8.count <= 900, parts.allSatisfy(Self.isPart) else { return nil }
        self.path = path
    }

    /// The key below this one.
    ///
    /// - Parameter path: parts that are known to be some.
    public func appending(_ path: String) -> ObjectKey? { ObjectKey("\(self.path)/\(path)") }

    public var parts: [Substring] { path.split(separator: "/") }

    /// What stands behind the last slash.
    public var name: Substring { path.split(separator: "/").last ?? "" }

    /// Any text, the name of a database for one, as a part of a key: what no part may hold is
    /// written as `~` and two hexadecimal digits for each byte. Different texts give different parts.
    ///
    /// `nil` for an empty text, and for one whose part would be longer than 200 bytes.
    public static func part(of text: String) -> String? {
        var part: [UInt8] = []
        for (index, byte) in text.utf8.enumerated() {
            let isEscaped = byte == UInt8(ascii: "~") || !isLetter(byte)
            if isEscaped || (index == 0 && byte == UInt8(ascii: ".")) {
                part.append(UInt8(ascii: "~"))
                part += CollectionOfOne(byte).hexadecimal.utf8
            } else {
                part.append(byte)
            }
        }
        let name = String(decoding: part, as: UTF8.self)
        return isPart(name) ? name : nil
    }

    static func isPart(_ text: some StringProtocol) -> Bool {
        (1...200).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: ".")
            && text.utf8.allSatisfy(isLetter)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension ObjectKey: Comparable, CustomStringConvertible {
    /// By bytes, as every store lists them.
    public static func < (left: Self, right: Self) -> Bool {
        left.path.utf8.lexicographicallyPrecedes(right.path.utf8)
    }
    public var description: String { path }
}
