import Vocabulary

/// What may follow `is`. `defined` and `undefined` are not here: they are about names.
/// A bool is no `number` here, though Python says it is one.
struct ValueTest: Sendable {
    typealias Body = @Sendable (Value, Value, inout Budget) throws(Problem) -> Bool?

    let name: String
    let takesArgument: Bool
    let body: Body

    static let named: [String: ValueTest] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.name, $0) })
    static let names: [String] = all.map(\.name) + ["defined", "undefined"]

    private static func plain(
        _ name: String, _ body: @escaping @Sendable (Value) throws(Problem) -> Bool
    ) -> ValueTest {
        ValueTest(name: name, takesArgument: false) { value, _, _ throws(Problem) in
            try body(value)
        }
    }

    private static func relation(_ names: [String], _ comparison: Comparison) -> [ValueTest] {
        names.map { name in
            ValueTest(name: name, takesArgument: true) {
                value, argument, budget throws(Problem) in
                try comparison.holds(value, argument, &budget)
            }
        }
    }

    private static let all: [ValueTest] =
        kinds + numbers
        + relation(["eq", "equalto"], .equal) + relation(["ne"], .notEqual)
        + relation(["lt", "lessthan"], .less) + relation(["le"], .lessOrEqual)
        + relation(["gt", "greaterthan"], .greater) + relation(["ge"], .greaterOrEqual)

    private static let kinds: [ValueTest] = [
        plain("none") { $0.isNull },
        plain("string") { $0.kind == .string },
        plain("number") { $0.isNumber },
        plain("integer") { $0.kind == .int },
        plain("float") { $0.kind == .double },
        plain("boolean") { $0.kind == .bool },
        plain("true") { $0.bool == true },
        plain("false") { $0.bool == false },
        plain("mapping") { $0.kind == .map },
        plain("list") { $0.kind == .list },
    ]

    private static let numbers: [ValueTest] = [
        plain("odd") { value throws(Problem) in try int(value) % 2 != 0 },
        plain("even") { value throws(Problem) in try int(value) % 2 == 0 },
        ValueTest(name: "divisibleby", takesArgument: true) {
            value, argument, _ throws(Problem) in
            let (number, divisor) = (try int(value), try int(argument))
            guard divisor != 0 else { throw .value("division by zero") }
            // Int.min is divisible by -1, but not by the instruction.
            return divisor == -1 || number % divisor == 0
        },
    ]

    private static func int(_ value: Value) throws(Problem) -> Int {
        guard let number = value.int else {
            throw .kind("the test takes an int, not \(value.kind.phrase)")
        }
        return number
    }
}
