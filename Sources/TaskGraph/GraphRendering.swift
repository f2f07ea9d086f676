import Vocabulary

/// The graph as text for people and for programs that draw. To fold hosts that are alike, or
/// to show one, filter the graph first.
extension Graph {
    /// A tree: each task under the last task that it waits for, with the others beside it.
    ///
    ///     app-1/ntp  package chrony
    ///     ├─ app-1/ntp-config  template /etc/chrony/chrony.conf
    ///     │  └─ app-1/ntp-service  service chrony  (also after app-1/ntp)
    public func renderedAsText() -> String {
        var children: [Int: [Int]] = [:]
        var others: [Int: [Int]] = [:]
        var roots: [Int] = []
        for node in numbersInOrder {
            // In order, so the last one is the one that is likely to end last.
            let before = wiring.neighbours(of: node, .before)
            guard let last = before.last else {
                roots.append(node)
                continue
            }
            children[last, default: []].append(node)
            others[node] = before.dropLast()
        }
        var lines: [String] = []
        var open = roots.reversed().map { (node: $0, lead: "", branch: "", indent: "") }
        while let (node, lead, branch, indent) = open.popLast() {
            let task = tasks[node]
            var line = lead + branch + task.id.rawValue.visible
            if task.title != task.id.rawValue { line += "  " + task.title.visible }
            if let others = others[node], !others.isEmpty {
                let names = others.map { wiring.ids[$0].rawValue.visible }
                line += "  (also after \(names.joined(separator: ", ")))"
            }
            lines.append(line)
            let below = children[node] ?? []
            for (index, child) in below.enumerated().reversed() {
                let isLast = index == below.count - 1
                open.append(
                    (child, lead + indent, isLast ? "└─ " : "├─ ", isLast ? "   " : "│  "))
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// A Mermaid flowchart; soft edges are dotted, hosts are boxes around their tasks.
    public func renderedAsMermaid() -> String {
        var lines = ["flowchart TD"]
        for (index, group) in byHost().enumerated() {
            let indent = group.host == nil ? "    " : "        "
            if let host = group.host {
                lines.append("    subgraph h\(index)[\"\(mermaid(host))\"]")
            }
            for node in group.nodes {
                lines.append("\(indent)t\(node)[\"\(mermaid(tasks[node].id.rawValue))\"]")
            }
            if group.host != nil { lines.append("    end") }
        }
        for (before, after, isSoft) in arrows() {
            lines.append("    t\(before) \(isSoft ? "-.->" : "-->") t\(after)")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// A directed graph for Graphviz; soft edges are dashed, hosts are clusters.
    public func renderedAsDOT() -> String {
        var lines = ["digraph tasks {", "    rankdir=TB;", "    node [shape=box];"]
        for (index, group) in byHost().enumerated() {
            let indent = group.host == nil ? "    " : "        "
            if let host = group.host {
                lines.append("    subgraph cluster_\(index) {")
                lines.append("        label=\(dot(host));")
            }
            for node in group.nodes {
                let task = tasks[node]
                lines.append("\(indent)\(dot(task.id.rawValue)) [tooltip=\(dot(task.title))];")
            }
            if group.host != nil { lines.append("    }") }
        }
        for (before, after, isSoft) in arrows() {
            let ends = "\(dot(tasks[before].id.rawValue)) -> \(dot(tasks[after].id.rawValue))"
            lines.append("    \(ends)\(isSoft ? " [style=dashed]" : "");")
        }
        return (lines + ["}"]).map { $0 + "\n" }.joined()
    }

    /// Hosts in the order in which tasks name them; tasks of no host first.
    private func byHost() -> [(host: String?, nodes: [Int])] {
        var places: [String?: Int] = [:]
        var groups: [(host: String?, nodes: [Int])] = []
        for node in numbersInOrder {
            let host = tasks[node].host
            if let place = places[host] {
                groups[place].nodes.append(node)
            } else {
                places[host] = groups.count
                groups.append((host, [node]))
            }
        }
        return groups.filter { $0.host == nil } + groups.filter { $0.host != nil }
    }

    private func arrows() -> [(before: Int, after: Int, isSoft: Bool)] {
        numbersInOrder.flatMap { node in
            let soft = Set(
                wiring.incoming[node].filter { wiring.links[$0.link].isSoft }.map(\.node))
            return wiring.neighbours(of: node, .before).map { ($0, node, soft.contains($0)) }
        }
    }

    /// A DOT string: only the quote and the backslash are special, and control characters are
    /// written out before.
    private func dot(_ text: String) -> String {
        var quoted = "\""
        for character in text.visible {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "\""
    }

    /// Text within a quoted Mermaid label: whatever could end it, or be Markdown or HTML in
    /// it, is an entity by number.
    private func mermaid(_ text: String) -> String {
        var escaped = ""
        for scalar in text.visible.unicodeScalars {
            switch scalar {
            case "\"", "#", "&", "<", ">", "`", ";", "\\", "*", "_", "[", "]", "{", "}":
                escaped += "#\(scalar.value);"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
