import Vocabulary

extension Arithmetic {
    /// On numbers; `+` also joins two strings or two lists. Nothing overflows silently, and `/`
    /// is always a double, as in Python.
    func apply(_ left: Value, _ right: Value) throws(Problem) -> Value {
        switch (left, right) {
        case (.int(let left), .int(let right)): return try integers(left, right)
        case (.int(let left), .double(let right)): return try doubles(Double(left), right)
        case (.double(let left), .int(let right)): return try doubles(left, Double(right))
        case (.double(let left), .double(let right)): return try doubles(left, right)
        case (.string(let left), .string(let right)) where self == .add:
            return .string(left + right)
        case (.list(let left), .list(let right)) where self == .add: return .list(left + right)
        default:
            let scalars: Set<Value.Kind> = [.string, .int, .double, .bool]
            throw .kind(
                "`\(rawValue)` does not take \(left.kind.phrase) and \(right.kind.phrase)",
                hint: self == .add && scalars.contains(left.kind) && scalars.contains(right.kind)
                    ? "`~` joins texts" : nil)
        }
    }

    private func integers(_ left: Int, _ right: Int) throws(Problem) -> Value {
        let result: (partialValue: Int, overflow: Bool)
        switch self {
        case .add: result = left.addingReportingOverflow(right)
        case .subtract: result = left.subtractingReportingOverflow(right)
        case .multiply: result = left.multipliedReportingOverflow(by: right)
        case .divide: return try doubles(Double(left), Double(right))
        case .floorDivide, .modulo:
            guard right != 0 else { throw .value("division by zero") }
            let (quotient, overflow) = left.dividedReportingOverflow(by: right)
            // The one overflow is Int.min / -1, whose remainder is zero.
            let remainder = overflow ? 0 : left % right
            let floors = remainder != 0 && (remainder < 0) != (right < 0)
            result =
                self == .modulo
                ? (floors ? remainder + right : remainder, false)
                : (floors ? quotient - 1 : quotient, overflow)
        }
        guard !result.overflow else { throw .value("the number is beyond 64 bits") }
        return .int(result.partialValue)
    }

    private func doubles(_ left: Double, _ right: Double) throws(Problem) -> Value {
        let result: Double
        switch self {
        case .add: result = left + right
        case .subtract: result = left - right
        case .multiply: result = left * right
        case .divide, .floorDivide, .modulo:
            guard right != 0 else { throw .value("division by zero") }
            result = self == .divide ? left / right : floored(left, right)
        }
        guard result.isFinite else { throw .value("the number is beyond a double") }
        return .double(result)
    }

    /// Python's `//` and `%`: the remainder has the sign of the divisor.
    private func floored(_ left: Double, _ right: Double) -> Double {
        var remainder = left.truncatingRemainder(dividingBy: right)
        var quotient = (left - remainder) / right
        if remainder != 0, (remainder < 0) != (right < 0) {
            remainder += right
            quotient -= 1
        }
        return self == .modulo ? remainder : quotient.rounded()
    }
}
