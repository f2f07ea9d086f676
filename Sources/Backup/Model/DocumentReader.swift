import Vocabulary

/// Why a text is not the document that it should be. Without a full stop.
public struct DocumentError: Error, Hashable, Sendable {
    /// `databases[2].lsn`; empty for the whole.
    public var path: String
    public var message: String
}

extension DocumentError: CustomStringConvertible {
    public var description: String { path.isEmpty ? message : "\(path): \(message)" }
}

/// The members of a JSON object, each to be asked for: what is missing, of another kind, there
/// twice, or not known is an error, for a reader that overlooks something restores something else.
struct DocumentReader {
    private let path: String
    private var members: [String: JSON] = [:]

    init(_ value: JSON, at path: String = "") throws(DocumentError) {
        self.path = path
        guard case .object(let list) = value else {
            throw DocumentError(path: path, message: "it is no object")
        }
        for member in list where members.updateValue(member.value, forKey: member.name) != nil {
            throw DocumentError(path: path, message: "`\(member.name.visible)` is there twice")
        }
    }

    private func place(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    func wrong(_ name: String, _ message: String) -> DocumentError {
        DocumentError(path: place(name), message: message)
    }

    mutating func value(_ name: String) throws(DocumentError) -> JSON {
        guard let value = members.removeValue(forKey: name) else {
            throw wrong(name, "it is missing")
        }
        return value
    }

    mutating func string(_ name: String) throws(DocumentError) -> String {
        guard let text = try value(name).string else { throw wrong(name, "it is no text") }
        return text
    }

    /// Zero or more.
    mutating func count(_ name: String) throws(DocumentError) -> Int {
        guard let number = try value(name).int, number >= 0 else {
            throw wrong(name, "it is no whole number of at least 0")
        }
        return number
    }

    /// A text that something else is made of.
    mutating func parsed<Value>(
        _ name: String, _ parse: (String) -> Value?
    ) throws(DocumentError) -> Value {
        let text = try string(name)
        guard let value = parse(text) else {
            throw wrong(name, "`\(text.prefix(80).visible)` cannot stand here")
        }
        return value
    }

    mutating func list<Value>(
        _ name: String, _ read: (JSON, String) throws(DocumentError) -> Value
    ) throws(DocumentError) -> [Value] {
        guard let elements = try value(name).array else { throw wrong(name, "it is no list") }
        var values: [Value] = []
        values.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            values.append(try read(element, "\(place(name))[\(index)]"))
        }
        return values
    }

    mutating func strings(_ name: String) throws(DocumentError) -> [String] {
        try list(name) { (element, path) throws(DocumentError) in
            guard let text = element.string else {
                throw DocumentError(path: path, message: "it is no text")
            }
            return text
        }
    }

    /// - Throws: for a member that nobody asked for.
    func finish() throws(DocumentError) {
        guard let name = members.keys.min() else { return }
        throw wrong(name.visible, "it is not known to this version")
    }
}
