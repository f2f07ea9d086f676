import Glibc
import Schema
import Vocabulary
import YAML

/// The directory that operators edit, and the texts that were read from it.
struct PlaybookDirectory {
    /// As it was given: places name files as the operator would type them.
    let root: String
    private(set) var sources: [String: String] = [:]

    init(root: String) {
        self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    func path(_ parts: String...) -> String { ([root] + parts).joined(separator: "/") }

    /// Reads a YAML file; `asked` is where something named it.
    mutating func document(
        _ path: String, named what: String, asked: SourcePlace?, help: String
    ) throws(Diagnostics) -> PlacedValue {
        let bytes: [UInt8]
        do {
            bytes = try LocalFile.contents(of: path, atMost: YAMLReader.Limits().bytes)
        } catch {
            throw Diagnostics(
                Diagnostic(
                    .missingPlaybookFile,
                    "\(what) cannot be read: \(path.visible): \(error.reason)",
                    at: asked, help: help))
        }
        sources[path] = String(decoding: bytes, as: UTF8.self)
        return PlacedValue(try YAMLReader().document(bytes, file: path))
    }

    /// The names in one of its directories, for suggestions.
    func names(in directory: String) -> [String] {
        LocalFile.names(in: path(directory))
    }
}
