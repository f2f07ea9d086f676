import Crypto
import Resources
import Synchronization
import Template
import Vocabulary

/// What was read of local files in this run, each of them once.
final class FileCache: Sendable {
    private struct State {
        var resolved: [String: String] = [:]
        var templates: [String: Result<ParsedTemplate, Diagnostics>] = [:]
        var digests: [LocalFile.Identity: FileDigest] = [:]
    }

    private let state = Mutex(State())

    /// A template that people write is far smaller.
    static let largestTemplate = ByteCount.mebibytes(8)

    func resolved(_ path: String) throws(LocalFile.Failure) -> String {
        if let known = state.withLock({ $0.resolved[path] }) { return known }
        let resolved = try LocalFile.resolved(path)
        state.withLock { $0.resolved[path] = resolved }
        return resolved
    }

    /// The template in a file; `name` is what its places call it.
    func template(
        in path: String, named name: String, at place: SourcePlace
    ) throws(Diagnostics) -> ParsedTemplate {
        if let known = state.withLock({ $0.templates[path] }) { return try known.get() }
        let result = Result { () throws(Diagnostics) in
            try ParsedTemplate(path, named: name, at: place)
        }
        state.withLock { $0.templates[path] = result }
        return try result.get()
    }

    func digest(of path: String) throws(LocalFile.Failure) -> FileDigest {
        let file = try OpenFile(path)
        let identity = file.identity
        if let known = state.withLock({ $0.digests[identity] }) { return known }
        var hash = SHA256()
        var size = 0
        try file.read { bytes in
            hash.update(bufferPointer: bytes)
            size += bytes.count
        }
        let digest = FileDigest(sha256: hash.finalize().hexadecimal, size: size)
        state.withLock { $0.digests[identity] = digest }
        return digest
    }

    /// What the templates that were read use.
    var templateUses: VariableUses {
        state.withLock { state in
            state.templates.values.reduce(into: VariableUses()) { uses, template in
                if let parsed = try? template.get() { uses.formUnion(parsed.uses) }
            }
        }
    }

    /// The texts of templates, by the names that places give them.
    var templateTexts: [String: String] {
        state.withLock { state in
            let parsed = state.templates.values.compactMap { try? $0.get() }
            return Dictionary(
                parsed.map { ($0.name, $0.text) }, uniquingKeysWith: { first, _ in first })
        }
    }
}

/// A template of a role, read once for all hosts.
struct ParsedTemplate: Sendable {
    let name: String
    let text: String
    let template: TextTemplate
    let uses: VariableUses

    fileprivate init(_ path: String, named name: String, at place: SourcePlace) throws(Diagnostics)
    {
        let bytes: [UInt8]
        do {
            bytes = try LocalFile.contents(of: path, atMost: FileCache.largestTemplate)
        } catch {
            throw Diagnostics(
                Diagnostic(
                    .missingPlaybookFile, "the template cannot be read: \(error.reason)", at: place)
            )
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Diagnostics(
                Diagnostic(
                    .missingPlaybookFile, "the template `\(name.visible)` is not UTF-8", at: place,
                    help: "What is not text belongs to files/, and is copied as it is by `file`."))
        }
        self.name = name
        self.text = text
        template = try TextTemplate.parse(text, at: TextOrigin(file: name))
        uses = VariableUses(template.references)
    }
}
