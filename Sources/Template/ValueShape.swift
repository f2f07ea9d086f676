import Vocabulary

/// What is known of values before they exist: which names there are, and which keys under them.
public indirect enum ValueShape: Sendable, Hashable {
    /// Nothing is known; every key may be there.
    case anything
    /// Exactly these keys.
    case keys([String: ValueShape])

    /// The shape of a value that is there already.
    public init(of value: Value) {
        switch value {
        case .map(let entries):
            self = .keys(
                Dictionary(
                    entries.map { ($0.key, ValueShape(of: $0.value)) }, uniquingKeysWith: { $1 }))
        case .sensitive(let secret): self = secret.withExposed { ValueShape(of: $0) }
        default: self = .anything
        }
    }

    /// The shapes of all variables of a scope.
    public init(of scope: Scope) {
        self = .keys(
            Dictionary(
                scope.names.map { ($0, scope[$0].map { ValueShape(of: $0) } ?? .anything) },
                uniquingKeysWith: { $1 }))
    }
}

extension ValueShape {
    /// A diagnostic for each reference that would be undefined.
    func undefined(_ references: [VariableReference]) -> Diagnostics {
        Diagnostics(references.filter { !$0.isOptional }.compactMap(undefined))
    }

    private func undefined(_ reference: VariableReference) -> Diagnostic? {
        var shape = self
        for (depth, key) in reference.path.enumerated() {
            guard case .keys(let keys) = shape else { return nil }
            if let next = keys[key] {
                shape = next
                continue
            }
            let owner = reference.path.prefix(depth).joined(separator: ".").visible
            return Diagnostic(
                .undefinedVariable,
                depth == 0
                    ? "`\(key.visible)` is not defined"
                    : "`\(owner)` has no key `\(key.visible)`",
                at: reference.place,
                hint: nearestName(to: key, among: keys.keys).map { "did you mean `\($0)`?" })
        }
        return nil
    }
}
