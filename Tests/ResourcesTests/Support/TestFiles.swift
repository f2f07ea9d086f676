import Crypto
import Resources
import Schema
import Template
import Testing
import Vocabulary

/// The files of a role that tests make up.
struct TestFiles: PlaybookFiles {
    var templates: [String: SecretText] = [:]
    /// Paths of this machine, by name.
    var paths: [String: String] = [:]
    var stateDirectory = "/nonexistent"
    /// What credentials are now.
    var credentials: Credentials?

    init(templates: [String: SecretText] = [:], paths: [String: String] = [:]) {
        self.templates = templates
        self.paths = paths
    }

    init(state directory: String, credentials: Credentials? = nil) {
        stateDirectory = directory
        self.credentials = credentials
    }

    func secretText(
        of referenced: String, at place: SourcePlace
    ) throws(Diagnostics) -> SecretText {
        guard let credentials, let text = ReferencedText(referenced),
            let resolved = try? SecretText(text, with: credentials)
        else { throw missing("secret", place) }
        return resolved
    }

    func renderedTemplate(
        _ source: String, at place: SourcePlace
    ) throws(Diagnostics) -> SecretText {
        guard let text = templates[source] else { throw missing(source, place) }
        return text
    }

    func digest(of source: String, at place: SourcePlace) throws(Diagnostics) -> FileDigest {
        let path = try path(of: source, at: place)
        guard let bytes = TemporaryDirectory.read(path) else { throw missing(source, place) }
        let digest = SHA256.hash(data: bytes).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        return FileDigest(sha256: digest, size: bytes.count)
    }

    func path(of source: String, at place: SourcePlace) throws(Diagnostics) -> String {
        guard let path = paths[source] else { throw missing(source, place) }
        return path
    }

    private func missing(_ source: String, _ place: SourcePlace) -> Diagnostics {
        Diagnostics([Diagnostic(.localFileProblem, "no \(source)", at: place)])
    }
}

extension Resource {
    /// The resource that a playbook would write so.
    static func reading(_ fields: [(String, Value)]) throws(Diagnostics) -> Self {
        try schema.read(
            PlacedValue(
                .map(
                    fields.map { name, value in
                        PlacedValue.Entry(
                            key: name, keyPlace: .test, value: PlacedValue(value, at: .test))
                    }),
                at: .test))
    }
}

/// What is wrong with a reading or a plan, in short.
func problems(_ body: () async throws -> Void) async -> [String] {
    do {
        try await body()
        return []
    } catch let wrong as Diagnostics {
        return wrong.sorted.map { "\($0.code) \($0.message)" }
    } catch let failure as ActionError {
        return [failure.message]
    } catch {
        return ["\(error)"]
    }
}
