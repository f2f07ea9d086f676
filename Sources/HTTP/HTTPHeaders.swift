public import Vocabulary

/// The header fields of a message, in their order. A name may occur several times, and is
/// compared without regard to case (RFC 9110 §5).
public struct HTTPHeaders: Sendable {
    public struct Field: Sendable {
        /// What is sensitive is sent like the rest and shown nowhere.
        public enum Value: Sendable {
            case plain(String)
            case sensitive(Sensitive<String>)
        }

        public var name: String
        public var value: Value

        public init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }

    public private(set) var fields: [Field]

    public init() {
        fields = []
    }

    public init(_ fields: [(String, String)]) {
        self.fields = fields.map { Field($0, .plain($1)) }
    }

    /// The first value of this name that is not sensitive. Setting one replaces all of the
    /// name's fields, at the place of the first; setting `nil` removes them.
    public subscript(name: String) -> String? {
        get { values(of: name).first }
        set { replace(name, newValue.map { .plain($0) }) }
    }

    /// All values of this name that are not sensitive, a field each: lists within one are left
    /// together.
    public func values(of name: String) -> [String] {
        fields.compactMap { field in
            guard Self.areSame(field.name, name), case .plain(let value) = field.value else {
                return nil
            }
            return value
        }
    }

    public func contains(_ name: String) -> Bool {
        fields.contains { Self.areSame($0.name, name) }
    }

    /// Adds a field behind those that there are.
    public mutating func add(_ name: String, _ value: String) {
        fields.append(Field(name, .plain(value)))
    }

    public mutating func add(_ name: String, _ value: Sensitive<String>) {
        fields.append(Field(name, .sensitive(value)))
    }

    /// Replaces all fields of this name with one.
    public mutating func set(_ name: String, _ value: Sensitive<String>) {
        replace(name, .sensitive(value))
    }

    mutating func removeLast() {
        fields.removeLast()
    }

    private mutating func replace(_ name: String, _ value: Field.Value?) {
        let place = fields.firstIndex { Self.areSame($0.name, name) } ?? fields.endIndex
        fields.removeAll { Self.areSame($0.name, name) }
        if let value { fields.insert(Field(name, value), at: place) }
    }

    static func areSame(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count
            && zip(left.utf8, right.utf8).allSatisfy { $0.asciiLowercase == $1.asciiLowercase }
    }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) {
        self.init(elements)
    }
}

extension HTTPHeaders: CustomStringConvertible {
    /// A line for each field; what is sensitive is not in it.
    public var description: String {
        fields.map { field in
            switch field.value {
            case .plain(let value): "\(field.name): \(value)"
            case .sensitive: "\(field.name): \(redaction)"
            }
        }.joined(separator: "\n")
    }
}

extension UInt8 {
    var asciiLowercase: UInt8 { (65...90).contains(self) ? self + 32 : self }
}
