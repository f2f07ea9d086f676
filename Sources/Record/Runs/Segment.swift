import Crypto
import Vocabulary

/// A piece of a run's record: one object of a store, never changed once it is written.
///
/// Its first line says what it is and names what was written before it by SHA-256: the piece
/// before it of the same run, or, in a run's first one, the last pieces of the runs before.
struct Segment: Hashable, Sendable {
    static let format = "finflowctl-record"
    static let version = 1

    var run: RunID
    /// From 1.
    var number: Int
    var previous: [Link]
    /// The folders of runs before that could not be read, and so are not among `previous`.
    var unread: [String]
    var entries: [RunEntry]

    struct Link: Hashable, Sendable {
        var key: StateKey
        var sha256: String

        init(_ key: StateKey, _ bytes: [UInt8]) {
            self.key = key
            sha256 = SHA256.hash(data: bytes).hexadecimal
        }

        func names(_ bytes: [UInt8]) -> Bool { SHA256.hash(data: bytes).hexadecimal == sha256 }
    }

    /// Its lines, the first one made, the others as they are.
    static func bytes(
        run: RunID, number: Int, previous: [Link], unread: [String] = [],
        lines: some Sequence<[UInt8]>
    ) -> [UInt8] {
        let head = JSON.object(compact: [
            ("format", .string(format)), ("version", .int(version)),
            ("run", .string(run.rawValue)), ("segment", .int(number)),
            ("previous", .array(previous.map(\.json))),
            ("unread", unread.isEmpty ? nil : .array(unread.map(JSON.string))),
        ])
        var bytes = Array(head.line.utf8) + [0x0A]
        for line in lines { bytes += line + [0x0A] }
        return bytes
    }

    struct Damage: Error, Hashable, Sendable {
        var message: String
    }

    init(parsing bytes: [UInt8]) throws(Damage) {
        guard bytes.last == 0x0A else {
            throw Damage(message: bytes.isEmpty ? "it is empty" : "its end is missing")
        }
        let lines = bytes.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
        let head = try Self.json(lines[0], line: 1)
        guard head["format"]?.string == Self.format else {
            throw Damage(message: "it is no piece of a record")
        }
        guard let version = head["version"]?.int, version == Self.version else {
            throw Damage(message: "a newer finflowctl wrote it")
        }
        guard let run = head["run"]?.string.flatMap(RunID.init), let number = head["segment"]?.int,
            (1..<1_000_000_000).contains(number)
        else { throw Damage(message: "its first line does not say which piece it is") }
        self.run = run
        self.number = number
        previous = try (head["previous"]?.array ?? []).map { json throws(Damage) in
            guard let link = Link(json) else {
                throw Damage(message: "its first line names no piece before it")
            }
            return link
        }
        unread = (head["unread"]?.array ?? []).compactMap(\.string)
        entries = try lines.dropFirst().enumerated().map { index, line throws(Damage) in
            guard let entry = RunEntry(try Self.json(line, line: index + 2)) else {
                throw Damage(message: "line \(index + 2) is no entry")
            }
            return entry
        }
    }

    private static func json(_ bytes: ArraySlice<UInt8>, line: Int) throws(Damage) -> JSON {
        do {
            return try JSON(parsing: bytes)
        } catch {
            throw Damage(message: "line \(line) is not JSON (\(error.message))")
        }
    }
}

extension Segment.Link {
    fileprivate var json: JSON { ["key": .string(key.path), "sha256": .string(sha256)] }

    fileprivate init?(_ json: JSON) {
        guard let key = json["key"]?.string.flatMap(StateKey.init),
            let sha256 = json["sha256"]?.string
        else { return nil }
        self.key = key
        self.sha256 = sha256
    }
}

/// Where runs lie in a store. Those that had nothing to do lie apart: there are many of them,
/// and they need not push those that changed something out of what is kept.
enum RunFolder: String, CaseIterable, Sendable {
    /// Runs that changed something, or did not succeed.
    case runs
    /// Runs that found everything as it should be.
    case quiet

    func key(_ run: RunID, _ segment: Int) -> StateKey {
        StateKey(joining: rawValue, run.rawValue, "\(padded(segment, 6)).ndjson")
    }

    func prefix(_ run: RunID) -> String { "\(rawValue)/\(run.rawValue)/" }
}

extension StateKey {
    /// Which piece of which run this is.
    var segment: (folder: RunFolder, run: RunID, number: Int)? {
        let parts = parts
        guard parts.count == 3, let folder = RunFolder(rawValue: String(parts[0])),
            let run = RunID(String(parts[1])), parts[2].hasSuffix(".ndjson"),
            let number = Int(parts[2].dropLast(".ndjson".count)), number < 1_000_000_000,
            folder.key(run, number) == self
        else { return nil }
        return (folder, run, number)
    }
}
