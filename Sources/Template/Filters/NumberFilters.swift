import Glibc
import Vocabulary

extension Filter {
    static let numberFilters: [Filter] = [
        Filter("int", [.optional("default")]) { call throws(Problem) in
            if let number = integer(call.input) { return .int(number) }
            guard let other = call.argument(0) else { throw call.notNumber("an int") }
            return other
        },
        Filter("float", [.optional("default")]) { call throws(Problem) in
            if let number = double(call.input) { return .double(number) }
            guard let other = call.argument(0) else { throw call.notNumber("a double") }
            return other
        },
        Filter("bool") { call throws(Problem) in
            switch call.input {
            case .bool: return call.input
            case .int(0), .string("no"), .string("off"), .string("false"), .string("0"):
                return false
            case .int(1), .string("yes"), .string("on"), .string("true"), .string("1"):
                return true
            default: throw call.notNumber("a bool")
            }
        },
        Filter("abs") { call throws(Problem) in
            switch call.input {
            case .int(.min): throw .value("the number is beyond 64 bits")
            case .int(let number): return .int(abs(number))
            case .double(let number): return .double(abs(number))
            default: throw call.wants("a number")
            }
        },
        Filter("round", [.optional("precision"), .optional("method")]) { call throws(Problem) in
            try rounded(call)
        },
    ]

    private static func integer(_ value: Value) -> Int? {
        switch value {
        case .int(let number): number
        case .bool(let flag): flag ? 1 : 0
        case .double(let number): Int(exactly: number.rounded(.towardZero))
        case .string(let text):
            // `"2.5" | int` is 2 in Jinja too.
            Int(trimmed(text)) ?? double(value).flatMap { Int(exactly: $0.rounded(.towardZero)) }
        default: nil
        }
    }

    private static func double(_ value: Value) -> Double? {
        let number: Double? =
            switch value {
            case .int(let number): Double(number)
            case .bool(let flag): flag ? 1 : 0
            case .double(let number): number
            case .string(let text): Double(trimmed(text))
            default: nil
            }
        return number.flatMap { $0.isFinite ? $0 : nil }
    }

    private static func trimmed(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard let first = bytes.firstIndex(where: { !$0.isWhitespace }),
            let last = bytes.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }

    /// As Jinja: half to even for the decimal that the double really is; ints stay ints.
    private static func rounded(_ call: Call) throws(Problem) -> Value {
        let precision = try call.int(0, 0)
        let method = try call.string(1, "common")
        guard (0...15).contains(precision) else {
            throw .value("the precision of `round` is 0 to 15")
        }
        guard ["common", "ceil", "floor"].contains(method) else {
            throw .value("`round` is `common`, `ceil` or `floor`")
        }
        if case .int(let number) = call.input {
            return method == "common" ? .int(number) : .double(Double(number))
        }
        guard case .double(let number) = call.input else { throw call.wants("a number") }
        if method == "common" { return .double(decimal(number, precision)) }
        let scale = pow(10, Double(precision))
        let scaled = number * scale
        return .double((method == "ceil" ? scaled.rounded(.up) : scaled.rounded(.down)) / scale)
    }

    /// printf(3) rounds the exact decimal expansion, which multiplying by a power of ten does not.
    private static func decimal(_ number: Double, _ precision: Int) -> Double {
        var buffer = [CChar](repeating: 0, count: 400)
        let written = withVaList([Int32(precision), number]) {
            vsnprintf(&buffer, buffer.count, "%.*f", $0)
        }
        let digits = buffer.prefix(max(0, Int(written))).map { UInt8(bitPattern: $0) }
        return Double(String(decoding: digits, as: UTF8.self)) ?? number
    }
}

extension Filter.Call {
    /// Names the text only when it is short; what is secret never comes here in plain sight.
    fileprivate func notNumber(_ kind: String) -> Problem {
        Problem(
            code: .impossibleValue, message: "\(input.kind.phrase) that is not \(kind)",
            hint: arguments.isEmpty ? nil : "a default can be given: `\(name)(0)`")
    }
}
