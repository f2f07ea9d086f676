import Vocabulary

/// A parameter of a filter or a test.
struct Parameter: Sendable {
    let name: String
    let isRequired: Bool
    let onlyByName: Bool

    static func required(_ name: String) -> Parameter {
        Parameter(name: name, isRequired: true, onlyByName: false)
    }

    static func optional(_ name: String) -> Parameter {
        Parameter(name: name, isRequired: false, onlyByName: false)
    }

    static func keyword(_ name: String) -> Parameter {
        Parameter(name: name, isRequired: false, onlyByName: true)
    }
}

/// Why a value cannot be computed; the evaluator adds the place.
struct Problem: Error {
    var code: Diagnostic.Code
    var message: String
    var hint: String?

    static func kind(_ message: String, hint: String? = nil) -> Problem {
        Problem(code: .wrongKind, message: message, hint: hint)
    }

    static func value(_ message: String, hint: String? = nil) -> Problem {
        Problem(code: .impossibleValue, message: message, hint: hint)
    }

    static func limit(_ message: String) -> Problem {
        Problem(code: .templateLimit, message: message, hint: nil)
    }
}

/// A function on values. It is given no secret and nothing unknown where it would have to look
/// into it: the evaluator lays secrets open first and hides the result.
struct Filter: Sendable {
    /// How far the function looks into its input.
    enum Reach: Sendable {
        /// Only at the outermost list or map; elements pass through, secret or unknown as they are.
        case outer
        /// At everything.
        case deep
    }

    typealias Body = @Sendable (Call) throws(Problem) -> Value

    let name: String
    let reach: Reach
    let parameters: [Parameter]
    let body: Body

    init(
        _ name: String, _ parameters: [Parameter] = [], reach: Reach = .deep, body: @escaping Body
    ) {
        self.name = name
        self.parameters = parameters
        self.reach = reach
        self.body = body
    }

    static let named: [String: Filter] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// With those that are part of the grammar.
    static let names: [String] =
        all.map(\.name) + ["default", "map", "select", "reject", "selectattr", "rejectattr"]

    private static let all: [Filter] =
        textFilters + listFilters + mapFilters + numberFilters + encodingFilters
}

extension Filter {
    /// One use of a filter.
    struct Call {
        let name: String
        let input: Value
        /// One for each parameter.
        let arguments: [Value?]
        /// The most bytes that the result may have.
        let room: Int

        func argument(_ index: Int) -> Value? { arguments[index] }

        func wants(_ kind: String) -> Problem {
            .kind("`\(name)` takes \(kind), not \(input.kind.phrase)")
        }

        /// The input as text, for filters that take any scalar as Jinja's do.
        func text() throws(Problem) -> String { try input.text() }

        /// The input, for filters that take strings only.
        func plainString() throws(Problem) -> String {
            guard let text = input.string else { throw wants("a string") }
            return text
        }

        func list() throws(Problem) -> [Value] {
            guard let list = input.list else { throw wants("a list") }
            return list
        }

        func string(_ index: Int, _ otherwise: String) throws(Problem) -> String {
            guard let value = arguments[index] else { return otherwise }
            guard let text = value.string else { throw wrong(index, "a string", value) }
            return text
        }

        func int(_ index: Int, _ otherwise: Int) throws(Problem) -> Int {
            guard let value = arguments[index] else { return otherwise }
            guard let number = value.int else { throw wrong(index, "an int", value) }
            return number
        }

        func flag(_ index: Int, _ otherwise: Bool = false) throws(Problem) -> Bool {
            guard let value = arguments[index] else { return otherwise }
            guard let flag = value.bool else { throw wrong(index, "a bool", value) }
            return flag
        }

        private func wrong(_ index: Int, _ kind: String, _ value: Value) -> Problem {
            let parameter = Filter.named[name]?.parameters[index].name ?? "value"
            return Problem(
                code: .wrongKind,
                message: "`\(parameter)` of `\(name)` is \(kind), not \(value.kind.phrase)")
        }
    }
}
