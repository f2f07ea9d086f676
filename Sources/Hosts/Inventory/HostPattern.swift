public import Vocabulary

/// Which hosts are meant: `all`, `app`, `app-*`, `app-[01:05]`, `app:db`, `app:&staging`,
/// `all:!db-1`; `,` parts as `:` does.
///
/// As in Ansible the order of the terms does not matter: all unions first, then the
/// intersections, then the exclusions. With exclusions alone, they are taken from `all`.
public struct HostPattern: Hashable, Sendable {
    private struct Term: Hashable, Sendable {
        enum Operation: Hashable, Sendable {
            case union, intersection, exclusion
        }

        var operation: Operation
        var name: String
    }

    /// As it was written.
    public let text: String
    private let place: SourcePlace?
    private var terms: [Term] = []

    public static let all = HostPattern(everything: ())

    private init(everything: Void) {
        text = "all"
        place = nil
        terms = [Term(operation: .union, name: "all")]
    }

    /// - Parameter place: where it stands, when that is in a file.
    public init(_ text: String, at place: SourcePlace? = nil) throws(Diagnostics) {
        self.text = text
        self.place = place
        for part in Self.split(text) {
            guard let first = part.first else { continue }
            let operation: Term.Operation =
                switch first {
                case "&": .intersection
                case "!": .exclusion
                default: .union
                }
            let name = operation == .union ? part : part.dropFirst()
            guard !name.isEmpty else { throw malformed("nothing follows `\(first)`") }
            terms.append(Term(operation: operation, name: String(name)))
        }
        if terms.isEmpty { throw malformed("it names nothing") }
    }

    /// The hosts that are meant, in the inventory's order.
    ///
    /// - Throws: What names nothing in the inventory: it is a typing slip more often than not.
    public func hosts(in inventory: Inventory) throws(Diagnostics) -> [Host] {
        var wrong = Diagnostics()
        func sets(_ operation: Term.Operation) -> [Set<HostName>] {
            terms.filter { $0.operation == operation }.compactMap { term in
                wrong.collect { () throws(Diagnostics) in try names(of: term.name, in: inventory) }
            }
        }
        var result = sets(.union).reduce(into: Set()) { $0.formUnion($1) }
        if !terms.contains(where: { $0.operation == .union }) {
            result = Set(inventory.hosts.map(\.name))
        }
        for kept in sets(.intersection) { result.formIntersection(kept) }
        for excluded in sets(.exclusion) { result.subtract(excluded) }
        try wrong.throwIfErrors()
        return result.sorted { inventory.position(of: $0) < inventory.position(of: $1) }
            .compactMap { inventory[$0] }
    }

    private func names(
        of term: String, in inventory: Inventory
    ) throws(Diagnostics) -> Set<HostName> {
        if term == "all" || term == "*" { return Set(inventory.hosts.map(\.name)) }
        if let group = inventory.group(term) { return Set(group.hosts) }
        if inventory[HostName(term)] != nil { return [HostName(term)] }
        if let (group, position) = Self.element(term), let found = inventory.group(group) {
            guard found.hosts.indices.contains(position) else {
                throw malformed("`\(group.visible)` has \(found.hosts.count) hosts")
            }
            return [found.hosts[position]]
        }
        if HostRange.isRange(term) { return try rangeNames(term, in: inventory) }
        if term.contains("*") || term.contains("?") {
            let glob = Glob(term)
            var found = Set(inventory.hosts.map(\.name).filter { glob.matches($0.rawValue) })
            for group in inventory.groups where glob.matches(group.name) {
                found.formUnion(group.hosts)
            }
            if !found.isEmpty { return found }
        }
        throw unknown(term, in: inventory)
    }

    /// `group[0]`, its first host.
    private static func element(_ term: String) -> (group: String, position: Int)? {
        guard term.last == "]", let bracket = term.lastIndex(of: "["),
            let position = Int(term[term.index(after: bracket)...].dropLast())
        else { return nil }
        return (String(term[..<bracket]), position)
    }

    private func rangeNames(
        _ term: String, in inventory: Inventory
    ) throws(Diagnostics) -> Set<HostName> {
        let names: [String]
        do {
            names = try HostRange(term).names
        } catch {
            throw Diagnostics([
                Diagnostic(
                    .badHostRange, "`\(term.visible)`: \(error.reason.visible)", at: place)
            ])
        }
        var result: Set<HostName> = []
        for name in names { result.formUnion(try self.names(of: name, in: inventory)) }
        return result
    }

    private func unknown(_ name: String, in inventory: Inventory) -> Diagnostics {
        Diagnostics([
            Diagnostic(
                .unknownHost, "no host and no group is named `\(name.visible)`", at: place,
                hint: nearestName(to: name, among: inventory.knownNames).map {
                    "did you mean `\($0)`?"
                },
                help: "`finflowctl inventory` lists them.")
        ])
    }

    private func malformed(_ reason: String) -> Diagnostics {
        Diagnostics([
            Diagnostic(
                .badHostPattern, "`\(text.visible)` is not a pattern of hosts: \(reason)",
                at: place,
                help:
                    "Like `all`, `app:db`, `app-*`, `app-[1:3]`, `app[0]`, `app:&staging`, `all:!db-1`."
            )
        ])
    }

    /// At `:` and `,`, but for those in brackets.
    private static func split(_ text: String) -> [Substring] {
        var isInBrackets = false
        return text.split { character in
            switch character {
            case "[": isInBrackets = true
            case "]": isInBrackets = false
            case ":", ",", " ": return !isInBrackets
            default: break
            }
            return false
        }
    }
}

/// `*` for any letters, `?` for one.
private struct Glob {
    private let pattern: [Character]

    init(_ pattern: String) {
        self.pattern = Array(pattern)
    }

    func matches(_ name: String) -> Bool {
        let name = Array(name)
        var (position, start) = (0, 0)
        // Where to go on when a letter does not fit: behind the last star, one letter later.
        var retry: (position: Int, start: Int)?
        while start < name.count {
            if position < pattern.count, pattern[position] == "*" {
                retry = (position + 1, start)
                position += 1
            } else if position < pattern.count,
                pattern[position] == "?" || pattern[position] == name[start]
            {
                position += 1
                start += 1
            } else if let again = retry {
                retry = (again.position, again.start + 1)
                (position, start) = (again.position, again.start + 1)
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == "*" }
    }
}
