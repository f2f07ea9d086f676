import Loop
import Vocabulary
import YAML

/// Python's `jsonschema`, an implementation that knows nothing of this project.
enum JSONSchemaValidator {
    struct Failure: Error {
        let output: String
    }

    static func isInstalled() async -> Bool {
        let probe = try? await ChildProcess.collect(
            Command("python3", ["-c", "from jsonschema import Draft202012Validator"]))
        return probe?.exit.isSuccess ?? false
    }

    /// For each document whether the schema allows it, with what it objects to.
    static func complaints(
        about documents: [JSON], by schema: JSON
    ) async throws -> [String] {
        let input: JSON = ["schema": schema, "documents": .array(documents)]
        let result = try await ChildProcess.collect(
            Command("python3", ["-c", program]), input: Array(input.line.utf8))
        guard result.exit.isSuccess else { throw Failure(output: result.errorText) }
        return result.outputText.split(separator: "\u{1E}", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }

    private static let program = """
        import sys, json
        from jsonschema import Draft202012Validator
        given = json.load(sys.stdin)
        Draft202012Validator.check_schema(given["schema"])
        validator = Draft202012Validator(given["schema"])
        for document in given["documents"]:
            wrong = [e.json_path + ": " + e.message[:300] for e in validator.iter_errors(document)]
            sys.stdout.write("\\n".join(wrong) + chr(30))
        """
}

extension JSON {
    /// What an editor makes of a YAML document.
    init(yaml text: String) throws(Diagnostics) {
        self.init(try YAMLReader().document(text, file: "document"))
    }

    private init(_ node: YAMLNode) {
        switch node.content {
        case .sequence(let elements): self = .array(elements.map { JSON($0) })
        case .mapping(let entries):
            self = .object(entries.map { Member($0.key, JSON($0.value)) })
        case .scalar(let scalar):
            self =
                switch scalar.meaning {
                case .null: .null
                case .bool(let flag): .bool(flag)
                case .int(let number): .int(number)
                case .double(let number): .double(number)
                case .text: .string(scalar.text)
                }
        }
    }
}
