import Schema
import Template
import Vocabulary

/// The variables that one place sets: a role's defaults, an environment, a group, a host.
///
/// What is the same whoever asks is kept apart from what has a template in it, so that it is
/// made into a layer of a scope once and shared by all hosts.
struct VariableLayer: Sendable {
    struct Computed: Sendable {
        var value: TemplatedValue
        /// Where its name stands.
        var place: SourcePlace
    }

    let literals: Scope.Layer
    let computed: [String: Computed]

    var name: String { literals.name }

    /// - Throws: Names that no variable can have, and malformed templates.
    init(_ name: String, _ entries: [PlacedValue.Entry]) throws(Diagnostics) {
        var wrong = Diagnostics()
        var literals = Scope.Layer(name)
        var computed: [String: Computed] = [:]
        for entry in entries {
            if let problem = Self.problem(with: entry) {
                wrong.add(problem)
                continue
            }
            let value = wrong.collect { () throws(Diagnostics) in try TemplatedValue(entry.value) }
            guard let value else { continue }
            if value.isLiteral {
                literals.bindings[entry.key] = Scope.Binding(
                    entry.value.value, at: entry.value.place)
            } else {
                computed[entry.key] = Computed(value: value, place: entry.keyPlace)
            }
        }
        try wrong.throwIfErrors()
        self.literals = literals
        self.computed = computed
    }

    func defines(_ name: String) -> Bool {
        literals.bindings[name] != nil || computed[name] != nil
    }

    func place(of name: String) -> SourcePlace? {
        computed[name]?.place ?? literals.bindings[name]?.place
    }

    var names: [String] { Array(literals.bindings.keys) + computed.keys }

    private static func problem(with entry: PlacedValue.Entry) -> Diagnostic? {
        guard !BuiltinVariables.names.contains(entry.key) else {
            return Diagnostic(
                .badVariableName, "the variable `\(entry.key)` is set by finflowctl",
                at: entry.keyPlace, hint: "choose another name")
        }
        guard entry.key.isVariableName else {
            return Diagnostic(
                .badVariableName, "a variable cannot be named `\(entry.key.visible)`",
                at: entry.keyPlace, hint: "letters, digits and `_`")
        }
        return nil
    }
}

extension String {
    var isVariableName: Bool {
        guard let first = utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        else { return false }
        return utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
