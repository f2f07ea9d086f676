import Record
import Vocabulary

/// What is the same on several hosts, told once.
struct Alike<Value: Hashable & Sendable>: Sendable {
    var value: Value
    var tasks: [RecordedTask]

    /// In the order in which they come first.
    static func groups(
        of tasks: [RecordedTask], by value: (RecordedTask) -> Value
    ) -> [Alike] {
        var order: [Value] = []
        var groups: [Value: [RecordedTask]] = [:]
        for task in tasks {
            let key = value(task)
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(task)
        }
        return order.map { Alike(value: $0, tasks: groups[$0] ?? []) }
    }

    /// `app-1, app-2 (2 hosts alike)`; of many the first ones, all under the pointer.
    var hosts: Markup {
        var names: [String] = []
        for task in tasks {
            if let name = task.host?.visible, !names.contains(name) { names.append(name) }
        }
        let limit = 8
        var text = names.prefix(limit).joined(separator: ", ")
        if names.count > limit { text += " and \(names.count - limit) more" }
        if names.count > 1 { text += " (\(names.count) hosts alike)" }
        return .tag(
            "span",
            [
                "class": "hosts",
                "title": names.count > limit ? names.joined(separator: ", ") : nil,
            ], text)
    }
}
