internal import Glibc
internal import Loop
internal import Vocabulary

/// Reads ssh_config files and those that they include, on a thread that may wait.
struct SSHConfigReader {
    let surroundings: SSHConfig.Surroundings
    private(set) var diagnostics = Diagnostics()
    private var depth = 0

    /// As OpenSSH: deep enough for anybody, and an end to files that include themselves.
    private static let deepest = 16

    init(surroundings: SSHConfig.Surroundings) {
        self.surroundings = surroundings
    }

    mutating func readFile(_ path: String) -> [SSHConfig.Item] {
        let text: String
        do {
            text = String(decoding: try FileBytes.read(path), as: UTF8.self)
        } catch  where error.number == ENOENT || error.number == ENOTDIR {
            return []
        } catch {
            diagnostics.add(
                Diagnostic(.sshConfiguration, "cannot read \(path.visible): \(error.reason)"))
            return []
        }
        return read(text, file: path)
    }

    mutating func read(_ text: String, file: String) -> [SSHConfig.Item] {
        var items: [SSHConfig.Item] = []
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            do throws(Diagnostic) {
                let parsed = try SSHConfigLine.parse(line, number: index + 1, file: file)
                if let parsed, let item = try item(parsed) { items.append(item) }
            } catch {
                diagnostics.add(error)
            }
        }
        return items
    }

    private mutating func item(_ line: SSHConfigLine) throws(Diagnostic) -> SSHConfig.Item? {
        let name = line.keyword.text.lowercased()
        switch name {
        case "host":
            guard !line.arguments.isEmpty else { throw missingArgument(line) }
            return .host(HostPatterns(line.arguments.map(\.text)))
        case "match":
            guard !line.arguments.isEmpty else { throw missingArgument(line) }
            let isAll = line.arguments.map { $0.text.lowercased() } == ["all"]
            return isAll ? .everyHost : .condition(line)
        case "include":
            guard !line.arguments.isEmpty else { throw missingArgument(line) }
            return try include(line)
        default:
            guard let keyword = SSHSettings.Keyword(rawValue: name) else { return nil }
            guard !line.arguments.isEmpty else { throw missingArgument(line) }
            try keyword.check(line)
            return .setting(keyword, line)
        }
    }

    private mutating func include(_ line: SSHConfigLine) throws(Diagnostic) -> SSHConfig.Item {
        guard depth < Self.deepest else {
            throw Diagnostic(
                .sshConfiguration, "files include each other without end", at: line.place)
        }
        depth += 1
        defer { depth -= 1 }
        var files: [[SSHConfig.Item]] = []
        for word in line.arguments {
            for path in paths(word.text, from: line.keyword.place.file) {
                files.append(readFile(path))
            }
        }
        return .include(files)
    }

    /// The files that a pattern names. A relative one starts at `~/.ssh`, or at `/etc/ssh` in
    /// the system's own files.
    private func paths(_ pattern: String, from file: String) -> [String] {
        var pattern = surroundings.expandHome(pattern)
        if !pattern.hasPrefix("/") {
            let folder = file.hasPrefix("/etc/ssh/") ? "/etc/ssh" : "\(surroundings.home)/.ssh"
            pattern = "\(folder)/\(pattern)"
        }
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { index in
            result.gl_pathv[index].map { String(cString: $0) }
        }
    }

    private func missingArgument(_ line: SSHConfigLine) -> Diagnostic {
        Diagnostic(
            .sshConfiguration, "`\(line.keyword.text.visible)` wants an argument",
            at: line.keyword.place)
    }
}

extension SSHConfig.Surroundings {
    func expandHome(_ path: String) -> String {
        path == "~" || path.hasPrefix("~/") ? home + path.dropFirst() : path
    }
}
