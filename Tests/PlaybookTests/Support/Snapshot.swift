import Glibc
import Testing

/// A file of `BadInput/`: the files of a playbook, each after a line `--- PATH`, and after
/// `--- expected` what the operator is told.
///
/// `SNAPSHOTS=write` writes what is told into the files, for a person to read and commit.
struct Snapshot: CustomTestStringConvertible, Sendable {
    let name: String
    let files: [String: String]
    let expected: String
    private let head: String

    static let directory =
        "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/BadInput"

    static let isWriting = getenv("SNAPSHOTS").map { String(cString: $0) } == "write"

    static let all: [Snapshot] = {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".txt") { names.append(name) }
        }
        return names.sorted().compactMap(Snapshot.init)
    }()

    private init?(_ name: String) {
        guard let file = fopen("\(Self.directory)/\(name)", "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = fgetc(file), byte != EOF {
            bytes.append(UInt8(truncatingIfNeeded: byte))
        }
        self.name = name
        var files: [String: String] = [:]
        var current: String?
        var expected = ""
        var head = ""
        for line in String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            if line.hasPrefix("--- ") {
                current = String(line.dropFirst(4))
            } else if let path = current, path != "expected" {
                files[path, default: ""] += line + "\n"
            } else if current != nil {
                expected += line + "\n"
            }
            if current != "expected" { head += line + "\n" }
        }
        self.files = files
        self.expected = Self.trimmed(expected)
        self.head = head
    }

    func write(_ told: String) {
        guard let file = fopen("\(Self.directory)/\(name)", "w") else { return }
        defer { fclose(file) }
        fputs(head + "--- expected\n" + told + "\n", file)
    }

    private static func trimmed(_ text: String) -> String {
        var text = text[...]
        while text.hasSuffix("\n") { text.removeLast() }
        return String(text)
    }

    var testDescription: String { name }
}
