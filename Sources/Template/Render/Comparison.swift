import OrderedCollections
import Vocabulary

extension Comparison {
    /// Compares two values of one kind; ints and doubles are one kind here, and compared exactly.
    /// Everything may be asked whether it equals null. `nil` when it depends on an unknown.
    func holds(_ left: Value, _ right: Value, _ budget: inout Budget) throws(Problem) -> Bool? {
        switch self {
        case .equal, .notEqual:
            guard left.isComparable(to: right) || left.isNull || right.isNull else {
                throw mismatch(left, right)
            }
            return try left.equals(right, &budget).map { $0 == (self == .equal) }
        case .less: return try order(left, right, &budget).map { $0 < 0 }
        case .lessOrEqual: return try order(left, right, &budget).map { $0 <= 0 }
        case .greater: return try order(left, right, &budget).map { $0 > 0 }
        case .greaterOrEqual: return try order(left, right, &budget).map { $0 >= 0 }
        }
    }

    private func order(
        _ left: Value, _ right: Value, _ budget: inout Budget
    ) throws(Problem) -> Int? {
        try budget.spend(left.scanCost)
        guard let order = left.order(right) else { throw mismatch(left, right) }
        return order
    }

    private func mismatch(_ left: Value, _ right: Value) -> Problem {
        let kinds = [left.kind, right.kind]
        let converts = kinds.contains(.string) && (kinds.contains(.int) || kinds.contains(.double))
        return .kind(
            "`\(rawValue)` does not compare \(left.kind.phrase) with \(right.kind.phrase)",
            hint: converts ? "convert one with `int` or `string`" : nil)
    }
}

extension Value {
    func isComparable(to other: Value) -> Bool {
        kind == other.kind || (isNumber && other.isNumber)
    }

    var isNumber: Bool { kind == .int || kind == .double }

    /// What it costs to look at all of a scalar.
    var scanCost: Int { if case .string(let text) = self { 1 + text.utf8.count / 64 } else { 1 } }

    /// Equality as templates see it: through secrets, exact between ints and doubles; values of
    /// different kinds are unequal. `nil` when it depends on an unknown.
    func equals(_ other: Value, _ budget: inout Budget) throws(Problem) -> Bool? {
        try budget.spend(scanCost)
        var hides = false
        switch (peeled(&hides), other.peeled(&hides)) {
        case (.unknown, _), (_, .unknown): return nil
        case (.null, .null): return true
        case (.bool(let left), .bool(let right)): return left == right
        case (.string(let left), .string(let right)):
            return left.utf8.elementsEqual(right.utf8)
        case (.list(let left), .list(let right)):
            guard left.count == right.count else { return false }
            var result: Bool? = true
            for (left, right) in zip(left, right) {
                let same = try left.equals(right, &budget)
                if same == false { return false }
                if same == nil { result = nil }
            }
            return result
        case (.map(let left), .map(let right)):
            guard left.count == right.count else { return false }
            var result: Bool? = true
            for (key, value) in left {
                guard let same = try right[key].map({ value throws(Problem) in value })
                else { return false }
                let equal = try value.equals(same, &budget)
                if equal == false { return false }
                if equal == nil { result = nil }
            }
            return result
        case (let left, let right):
            guard left.isNumber, right.isNumber else { return false }
            return left.order(right) == 0
        }
    }

    /// Below, at or above zero, for numbers and strings (by code points, as Python does); `nil`
    /// for what has no order.
    func order(_ other: Value) -> Int? {
        switch (self, other) {
        case (.int(let left), .int(let right)): left < right ? -1 : left == right ? 0 : 1
        case (.double(let left), .double(let right)): left < right ? -1 : left == right ? 0 : 1
        case (.int(let left), .double(let right)): left.order(right)
        case (.double(let left), .int(let right)): -right.order(left)
        case (.string(let left), .string(let right)):
            left.utf8.elementsEqual(right.utf8)
                ? 0 : left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
        default: nil
        }
    }
}

extension Int {
    /// Exact: a double beyond 2^53 does not swallow the difference of one.
    fileprivate func order(_ other: Double) -> Int {
        if other >= 0x1p63 { return -1 }
        if other < -0x1p63 { return 1 }
        let whole = other.rounded(.towardZero)
        guard whole == whole, Int(whole) == self else { return self < Int(whole) ? -1 : 1 }
        return other == whole ? 0 : other > whole ? -1 : 1
    }
}
