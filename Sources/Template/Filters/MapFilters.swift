import OrderedCollections
import Vocabulary

extension Filter {
    static let mapFilters: [Filter] = [
        Filter("items", reach: .outer) { call throws(Problem) in
            .list(try call.entries().map { .list([.string($0.key), $0.value]) })
        },
        Filter("dict2items", [.optional("key_name"), .optional("value_name")], reach: .outer) {
            call throws(Problem) in
            let (key, value) = (try call.string(0, "key"), try call.string(1, "value"))
            return .list(
                try call.entries().map {
                    .map(OrderedDictionary([(key, .string($0.key)), (value, $0.value)]) { $1 })
                })
        },
        Filter("items2dict", [.optional("key_name"), .optional("value_name")], reach: .outer) {
            call throws(Problem) in
            let (key, value) = (try call.string(0, "key"), try call.string(1, "value"))
            var result: OrderedDictionary<String, Value> = [:]
            for element in try call.list() {
                guard let name = element.member(key)?.string, let entry = element.member(value)
                else { throw .kind("each element needs a string `\(key)` and a `\(value)`") }
                result[name] = entry
            }
            return .map(result)
        },
        Filter("combine", [.required("other"), .optional("recursive")], reach: .outer) {
            call throws(Problem) in
            guard let other = call.argument(0)?.map else { throw call.wants("two maps") }
            return .map(combined(try call.entries(), other, recursive: try call.flag(1)))
        },
    ]

    private static func combined(
        _ base: OrderedDictionary<String, Value>, _ other: OrderedDictionary<String, Value>,
        recursive: Bool
    ) -> OrderedDictionary<String, Value> {
        base.merging(other) { old, new in
            guard recursive, case .map(let old) = old, case .map(let new) = new else { return new }
            return .map(combined(old, new, recursive: true))
        }
    }
}

extension Filter.Call {
    fileprivate func entries() throws(Problem) -> OrderedDictionary<String, Value> {
        guard let entries = input.map else { throw wants("a map") }
        return entries
    }
}
