import Schema
import Vocabulary

/// What `after` and `notify` name: `id`, `role/id`, `role@instance/id`, `hosts:role/id`.
struct TaskReference: Sendable {
    /// A pattern of hosts; `nil` for the task's own host.
    var hosts: String?
    /// With its instance, if it names one; `nil` for the task's own role.
    var role: String?
    var task: String
    var place: SourcePlace

    init(_ text: Placed<String>) {
        place = text.place
        var rest = text.value[...]
        if let slash = rest.lastIndex(of: "/") {
            task = String(rest[rest.index(after: slash)...])
            rest = rest[..<slash]
            if let colon = rest.lastIndex(of: ":") {
                hosts = String(rest[..<colon])
                rest = rest[rest.index(after: colon)...]
            }
            role = String(rest)
        } else {
            task = text.value
        }
    }
}
