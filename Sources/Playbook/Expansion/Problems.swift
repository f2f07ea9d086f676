import Hosts
import Vocabulary

/// What is wrong on hosts: the same thing on many hosts is one diagnostic that says where.
struct Problems {
    private var order: [Diagnostic] = []
    private var hosts: [Diagnostic: [HostName]] = [:]

    /// - Parameter host: `nil` when it does not depend on the host.
    mutating func add(_ problems: Diagnostics, on host: HostName?) {
        for problem in problems.all {
            if hosts[problem] == nil { order.append(problem) }
            // Appended in place: the same thing may be wrong on thousands of hosts.
            if let host, hosts[problem]?.last != host {
                hosts[problem, default: []].append(host)
            } else if hosts[problem] == nil {
                hosts[problem] = []
            }
        }
    }

    mutating func collect<Value>(
        on host: HostName?, _ body: () throws(Diagnostics) -> Value
    ) -> Value? {
        do throws(Diagnostics) {
            return try body()
        } catch {
            add(error, on: host)
            return nil
        }
    }

    /// - Parameter all: how many hosts there are: what is wrong on all of them names none.
    func diagnostics(ofHosts all: Int) -> Diagnostics {
        Diagnostics(
            order.map { problem in
                let hosts = hosts[problem] ?? []
                guard !hosts.isEmpty, hosts.count < all, problem.subject == nil else {
                    return problem
                }
                var problem = problem
                problem.subject = Self.words(for: hosts)
                return problem
            })
    }

    private static func words(for hosts: [HostName]) -> String {
        let shown = hosts.prefix(3).map(\.rawValue).joined(separator: ", ")
        let more = hosts.count > 3 ? " and \(hosts.count - 3) more" : ""
        return (hosts.count == 1 ? "host " : "hosts ") + shown + more
    }
}
