import OrderedCollections
import Vocabulary

/// Equal when they are of one kind and the same in content: `1` is not `1.0`, a secret is not its
/// plain text, maps do not mind the order of their keys. Templates compare by ``Comparison``.
extension Value: Hashable {
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.double(let left), .double(let right)): left == right
        case (.string(let left), .string(let right)): left == right
        case (.list(let left), .list(let right)): left == right
        case (.map(let left), .map(let right)):
            left.count == right.count
                && left.allSatisfy { key, value in right[key].map { $0 == value } ?? false }
        case (.unknown(let left), .unknown(let right)): left == right
        case (.sensitive(let left), .sensitive(let right)):
            left.withExposed { left in right.withExposed { left == $0 } }
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(value)
        case .double(let value): hasher.combine(value)
        case .string(let value): hasher.combine(value)
        case .list(let elements): hasher.combine(elements)
        case .map(let entries):
            // Order must not matter: a sum over the entries does not see it.
            var sum = entries.count
            for (key, value) in entries {
                var entry = Hasher()
                entry.combine(key)
                entry.combine(value)
                sum &+= entry.finalize()
            }
            hasher.combine(sum)
        case .unknown(let reason): hasher.combine(reason)
        case .sensitive(let secret): secret.withExposed { hasher.combine($0) }
        }
    }
}
