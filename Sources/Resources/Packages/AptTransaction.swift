public import Hosts
public import Template
import Vocabulary

/// Many requests as one run of `apt-get`, with a result for each.
///
/// The script can be killed at any point and run again: dpkg's interrupted work is finished
/// first, and packages that are half configured are asked for again since they do not count as
/// installed. Standard output carries the results alone, apt's own words go to standard error.
public enum AptTransaction {
    /// - Precondition: names and versions were checked by ``PackageResource``'s schema.
    public static func script(for requests: [PackageRequest]) -> ShellScript {
        let maxAge = requests.map(\.listsMaxAge.seconds).min() ?? 86400
        let installs = requests.contains { $0.items.contains { $0.target?.needsLists ?? false } }
        let alone = requests.indices.map { index -> ShellScript in
            "alone_\(index)() {\n\(commands(for: [requests[index]]))\n}"
        }
        let separately = requests.indices.map { index -> ShellScript in
            """
            attempt alone_\(index) && printf 'request %s 0\\n' \(index) ||
              printf 'request %s %s\\n' \(index) "$?"
            """
        }
        let together = requests.indices.map { index -> ShellScript in
            "printf 'request %s 0\\n' \(index)"
        }
        let names = requests.flatMap { $0.items.map(\.name) }
        // Of its own type: a literal that is a choice would be taken for one quoted word.
        let refreshing: ShellScript = installs ? "fresh \(Int(maxAge)) || update || :" : ":"
        return """
            \(AptShell.functions)
            recover
            \(refreshing)
            together() {
            \(commands(for: requests))
            }
            \(alone.joined())
            if attempt together; then
            \(together.joined())
            \(requests.count > 1 ? "else\n\(separately.joined())" : onlyFailure)
            fi
            dpkg-query -W -f='\(raw: PackageProbe.format)' -- \(names) 2>/dev/null || :
            """
    }

    private static let onlyFailure: ShellScript = "else printf 'request 0 %s\\n' \"$?\""

    /// One `apt-get install` for all that share a policy on recommendations: additions,
    /// changes of version and removals (`name-`) alike.
    private static func commands(for requests: [PackageRequest]) -> ShellScript {
        var lines: [ShellScript] = []
        for recommends in [false, true] {
            let items = requests.filter { $0.recommends == recommends }.flatMap(\.items)
            let arguments = items.compactMap(\.aptArgument)
            guard !arguments.isEmpty else { continue }
            // An exact version is a decision: it may be older, and the package may be held.
            let isExact = items.contains { if case .version = $0.target { true } else { false } }
            let options =
                [recommends ? "--install-recommends" : "--no-install-recommends"]
                + (isExact ? ["--allow-downgrades"] : [])
                + (isExact || items.contains { $0.hold != nil }
                    ? ["--allow-change-held-packages"] : [])
            lines.append("apt \(options) install -- \(arguments) || return")
        }
        let purged = requests.flatMap(\.items).filter { $0.target == .purged }
        if !purged.isEmpty {
            let isHeld = purged.contains { $0.hold == false }
            let options = isHeld ? ["--allow-change-held-packages"] : []
            lines.append("apt \(options) purge -- \(purged.map(\.name)) || return")
        }
        for (verb, held) in [("hold", true), ("unhold", false)] {
            let names = requests.flatMap(\.items).filter { $0.hold == held }.map(\.name)
            if !names.isEmpty { lines.append("apt-mark \(verb) -- \(names) >&2 || return") }
        }
        return lines.isEmpty ? ":" : lines.joined()
    }

    /// The one result of a transaction as if each request had been alone in it, for the `finish`
    /// of its own action.
    public static func results(
        of requests: [PackageRequest], from result: ScriptResult
    ) -> [ScriptResult] {
        let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
        let table = lines.filter { !$0.hasPrefix("request ") }
        return requests.indices.map { index in
            let own = lines.filter { $0.hasPrefix("request \(index) ") }
                .map { "request 0" + $0.dropFirst("request \(index)".count) }
            var share = result
            share.output = Array((own + table.map(String.init)).joined(separator: "\n").utf8)
            return share
        }
    }

    /// What became of each request, in their order: the versions that are installed now, or why
    /// it failed. A request counts as done only when dpkg says that all of it is there.
    public static func outcomes(
        of result: ScriptResult, for requests: [PackageRequest]
    ) -> [Result<[String: Value], ActionError>] {
        let log = String(decoding: result.error, as: UTF8.self)
        var statuses: [Int: Int] = [:]
        var table: [Substring] = []
        for line in String(decoding: result.output, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 3, words[0] == "request", let index = Int(words[1]) {
                statuses[index] = Int(words[2])
            } else {
                table.append(line)
            }
        }
        let states = PackageProbe.states(from: table)
        return requests.enumerated().map { index, request in
            outcome(of: request, status: statuses[index], states: states, log: log)
        }
    }

    private static func outcome(
        of request: PackageRequest, status: Int?, states: [String: PackageState], log: String
    ) -> Result<[String: Value], ActionError> {
        guard let status else {
            return .failure(ActionError("the package transaction did not end", output: log))
        }
        guard status == 0 else {
            let why = AptShell.reason(in: log) ?? "apt-get ended with status \(status)"
            return .failure(ActionError(why, output: log))
        }
        if let item = request.items.first(where: { !$0.isSatisfied(by: states[$0.name]) }) {
            let state = states[item.name]?.shown ?? "not installed"
            let hint = states[item.name] == nil ? "; is it a virtual package?" : ""
            return .failure(
                ActionError(
                    "apt-get succeeded, but `\(item.name)` is \(state)\(hint)", output: log))
        }
        let versions = request.items.map { item -> (String, Value) in
            let state = states[item.name].flatMap { $0.isInstalled ? $0.version : nil }
            return (item.name, state.map { .string($0) } ?? .null)
        }
        return .success([
            "versions": .map(.init(versions, uniquingKeysWith: { $1 }))
        ])
    }
}

extension PackageRequest.Target {
    fileprivate var needsLists: Bool { self != .absent && self != .purged }
}
