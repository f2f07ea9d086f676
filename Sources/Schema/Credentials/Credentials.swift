public import Vocabulary

/// A secret with a name, as `secrets.age` holds it.
public struct Credential: Sendable {
    public let name: String
    public let version: Int
    /// When the value was changed last: `2026-11-24T14:03:12Z`.
    public let changed: String
    /// Who changed it: `user@host`, where that is known.
    public let author: String?
    /// Random, of the write that gave it this value: two branches of one file may both have a
    /// version 2. `nil` for what was written before there were such marks.
    public let mark: String?
    public let value: Sensitive<String>

    public init(
        _ name: String, version: Int, changed: String, author: String? = nil,
        mark: String? = nil, value: Sensitive<String>
    ) {
        self.name = name
        self.version = version
        self.changed = changed
        self.author = author
        self.mark = mark
        self.value = value
    }

    public var reference: CredentialVersion { CredentialVersion(name, version) }

    /// `[a-z][a-z0-9_]*`: what a template can write behind `secrets.`.
    public static func isName(_ text: String) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, isLetter(first), bytes.count <= longestName else {
            return false
        }
        return bytes.allSatisfy {
            isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || $0 == UInt8(ascii: "_")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private static let longestName = 100
}

/// The credentials of an environment, opened.
public struct Credentials: Sendable {
    /// Tells the file of an environment from one that was made anew in its place: versions
    /// compare within one lineage only.
    public let lineage: String
    /// Increases with every write of the file.
    public let serial: Int
    /// In the order of the file.
    public let all: [Credential]
    private let places: [String: Int]

    public init(lineage: String, serial: Int, _ all: [Credential]) {
        self.lineage = lineage
        self.serial = serial
        self.all = all
        places = Dictionary(
            all.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { $1 })
    }

    public subscript(name: String) -> Credential? { places[name].map { all[$0] } }

    public var names: [String] { all.map(\.name) }
}
