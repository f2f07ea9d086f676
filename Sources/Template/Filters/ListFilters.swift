import OrderedCollections
import Vocabulary

extension Filter {
    static let listFilters: [Filter] = [
        Filter("length", reach: .outer) { call throws(Problem) in .int(try length(call)) },
        Filter("count", reach: .outer) { call throws(Problem) in .int(try length(call)) },
        Filter("first", reach: .outer) { call throws(Problem) in
            guard let element = try call.list().first else { throw .value("the list is empty") }
            return element
        },
        Filter("last", reach: .outer) { call throws(Problem) in
            guard let element = try call.list().last else { throw .value("the list is empty") }
            return element
        },
        Filter("list", reach: .outer) { call throws(Problem) in
            if let entries = call.input.map { return .list(entries.keys.map { .string($0) }) }
            return .list(try call.list())
        },
        Filter("reverse", reach: .outer) { call throws(Problem) in
            .list(try call.list().reversed())
        },
        Filter("join", [.optional("d"), .optional("attribute")]) { call throws(Problem) in
            let separator = try call.string(0, "")
            var result = BoundedText(room: call.room)
            for (index, element) in try call.list().enumerated() {
                if index > 0 { try result.append(separator) }
                try result.append(try call.key(1, of: element).text())
            }
            return .string(result.text)
        },
        Filter(
            "sort", [.optional("reverse"), .optional("case_sensitive"), .optional("attribute")]
        ) { call throws(Problem) in
            let reverse = try call.flag(0)
            let keyed = try call.keyed(try call.list(), attribute: 2, caseSensitive: 1)
            try call.requireOrder(keyed.map(\.key))
            // Stable both ways, as Python's: equal elements keep their order.
            let sorted = keyed.enumerated().sorted { left, right in
                let order = left.element.key.order(right.element.key) ?? 0
                if order != 0 { return reverse ? order > 0 : order < 0 }
                return left.offset < right.offset
            }
            return .list(sorted.map(\.element.value))
        },
        Filter("unique", [.optional("case_sensitive"), .optional("attribute")]) {
            call throws(Problem) in
            var seen: Set<Value> = []
            let keyed = try call.keyed(try call.list(), attribute: 1, caseSensitive: 0)
            return .list(keyed.filter { seen.insert($0.key).inserted }.map(\.value))
        },
        Filter("min", [.optional("case_sensitive"), .optional("attribute")]) {
            call throws(Problem) in try extreme(call) { $0 < 0 }
        },
        Filter("max", [.optional("case_sensitive"), .optional("attribute")]) {
            call throws(Problem) in try extreme(call) { $0 > 0 }
        },
        Filter("sum", [.optional("attribute")]) { call throws(Problem) in
            var sum = Value.int(0)
            for element in try call.list() {
                let number = try call.key(0, of: element)
                guard number.isNumber else {
                    throw .kind("`sum` takes numbers, not \(number.kind.phrase)")
                }
                sum = try Arithmetic.add.apply(sum, number)
            }
            return sum
        },
    ]

    private static func length(_ call: Call) throws(Problem) -> Int {
        switch call.input {
        case .list(let elements): elements.count
        case .map(let entries): entries.count
        case .string(let text): text.unicodeScalars.count
        default: throw call.wants("a list, a map or a string")
        }
    }

    private static func extreme(
        _ call: Call, _ isBetter: (Int) -> Bool
    ) throws(Problem) -> Value {
        let keyed = try call.keyed(try call.list(), attribute: 1, caseSensitive: 0)
        try call.requireOrder(keyed.map(\.key))
        guard var best = keyed.first else { throw .value("the list is empty") }
        for candidate in keyed.dropFirst()
        where isBetter(candidate.key.order(best.key) ?? 0) { best = candidate }
        return best.value
    }
}

extension Filter.Call {
    /// What an element is ordered or joined by: itself, or what is under `attribute`.
    fileprivate func key(_ attribute: Int, of element: Value) throws(Problem) -> Value {
        guard arguments[attribute] != nil else { return element }
        var value = element
        for key in try string(attribute, "").dotted {
            guard let next = value.member(key) else {
                throw Problem(
                    code: .undefinedVariable, message: "an element has no key `\(key.visible)`")
            }
            value = next
        }
        return value
    }

    /// Elements with their keys; without regard to case unless told otherwise, as in Jinja.
    fileprivate func keyed(
        _ elements: [Value], attribute: Int, caseSensitive: Int
    ) throws(Problem) -> [(key: Value, value: Value)] {
        let isCaseSensitive = try flag(caseSensitive)
        var result: [(key: Value, value: Value)] = []
        for element in elements {
            let key = try key(attribute, of: element)
            result.append(
                (
                    isCaseSensitive ? key : key.string.map { .string($0.lowercased()) } ?? key,
                    element
                )
            )
        }
        return result
    }

    /// Throws unless all can be compared with one another.
    fileprivate func requireOrder(_ keys: [Value]) throws(Problem) {
        guard let first = keys.first else { return }
        for key in keys where first.order(key) == nil {
            throw .kind("`\(name)` does not compare \(first.kind.phrase) with \(key.kind.phrase)")
        }
    }
}
