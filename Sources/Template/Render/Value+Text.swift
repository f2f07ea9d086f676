import OrderedCollections
import Vocabulary

extension Value {
    /// The value in the middle of a text. Bools are written as YAML writes them, the one place
    /// where we differ from Jinja (`True`); what has no single text form is an error there.
    func text() throws(Problem) -> String {
        switch self {
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        case .null:
            throw .kind("null has no text", hint: "say `default(\"…\", true)`")
        case .list: throw .kind("a list has no text", hint: "use `join(\", \")` or `to_json`")
        case .map: throw .kind("a map has no text", hint: "use `to_json` or `to_yaml`")
        case .unknown, .sensitive: throw .kind("\(kind.phrase) has no text")
        }
    }

    /// Truth as Jinja has it: false are null, `false`, zero and whatever is empty. Not for unknown
    /// values, which have none yet.
    var isTrue: Bool {
        switch self {
        case .null: false
        case .bool(let flag): flag
        case .int(let number): number != 0
        case .double(let number): number != 0
        case .string(let text): !text.isEmpty
        case .list(let elements): !elements.isEmpty
        case .map(let entries): !entries.isEmpty
        case .sensitive(let secret): secret.withExposed { $0.isTrue }
        case .unknown: false
        }
    }

    /// Without the outermost secrecy; `hides` is set when there was one.
    func peeled(_ hides: inout Bool) -> Value {
        guard case .sensitive(let secret) = self else { return self }
        hides = true
        return secret.withExposed { $0 }
    }

    func hidden(_ hides: Bool) -> Value { hides ? .sensitive(of: self) : self }
}
