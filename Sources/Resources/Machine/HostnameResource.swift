public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `hostname`: what a host calls itself.
public struct HostnameResource: Resource {
    public var name = ""
    public var domain: String?

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        The live name and the files are as they were.
        """)

    private var file: OwnedFile { OwnedFile("/etc/hostname", "\(name)\n") }
    private var live: SysctlProbe { SysctlProbe(path: "kernel/hostname") }
    private var hosts: SmallFileProbe { SmallFileProbe("/etc/hosts") }

    public var thing: HostThing? { .other(kind: "hostname", name: "") }
    public var follows: [HostThing] { [] }
    public func fingerprint(_ files: any PlaybookFiles) -> String { "\(name) \(domain ?? "")" }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        [live, hosts] + file.questions
    }

    /// The line of `/etc/hosts` that Debian gives a host's own name (Debian Reference 5.1.1).
    private var ownLine: String {
        "127.0.1.1\t" + (domain.map { "\(name).\($0) " } ?? "") + name
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let observed = try context.answers.answer(file.probe)
        let now = try context.answers.answer(live).value
        let hostsFile = try context.answers.answer(hosts)
        let table = hostsFile.text ?? ""
        var changes: [Change] = []
        var steps: [ShellScript] = ["set -e"]
        var undo: [UndoStep] = []
        // sudo and others look their own name up: it is there before the host is called so.
        let lines = table.split(separator: "\n")
        let old = lines.filter { Self.words($0).first == "127.0.1.1" }
        let isOwnLineRight = old.map(Self.words) == [Self.words(ownLine[...])]
        let fileChanges = file.changes(from: observed)
        let priors = try context.priors(
            of: (isOwnLineRight
                ? []
                : [
                    Endangered(
                        path: hosts.path, status: hostsFile.status,
                        sha256: hostsFile.content.map(sha256Text))
                ]) + (fileChanges.isEmpty ? [] : [file.endangered(observed)]))
        if !isOwnLineRight {
            changes.append(
                Change(
                    .update, "/etc/hosts", before: old.first.map(String.init), after: ownLine))
            steps.append(settingOwnLine(over: priors[0], context))
            let left = PathState.file(
                hosts.path, sha256: sha256Text(withOwnLine(table).utf8), FileAttributes())
            undo.append(priors[0].step(leaving: left))
        }
        if !fileChanges.isEmpty, let prior = priors.last {
            let placing = try file.placing(over: prior, context)
            steps.append(placing.script)
            undo += placing.undo
        }
        changes += fileChanges
        if now != name {
            changes.append(Change(.update, "hostname", before: now, after: name))
            steps.append(KernelSettingResource.settingHostname(name))
            if let now {
                undo.append(KernelSettingResource.step(live.path, left: name, before: now))
            }
        }
        guard !changes.isEmpty else { return .unchanged }
        return ResourcePlan(
            changes: changes,
            action: Action(
                script: steps.joined(), finish: FileFailure(path: hosts.path).orScript),
            undo: undo)
    }

    private static func words(_ line: Substring) -> [Substring] {
        line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
    }

    /// What ``settingOwnLine(over:_:)`` makes of a text.
    private func withOwnLine(_ table: String) -> String {
        var lines = EditableText(Array(table.utf8)).lines.map {
            String(decoding: $0, as: UTF8.self)
        }
        let isOwn = { (line: String) in
            line.hasPrefix("127.0.1.1")
                && line.dropFirst(9).unicodeScalars.first?.properties.isWhitespace == true
        }
        if let first = lines.firstIndex(where: isOwn) {
            lines[first] = ownLine
            lines = lines.enumerated().filter { $0.offset == first || !isOwn($0.element) }
                .map(\.element)
        } else {
            lines.append(ownLine)
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func settingOwnLine(over prior: Prior, _ context: PlanContext) -> ShellScript {
        FileReplacement.editing(
            hosts.path, mode: 0o644, writesThrough: true, prior: prior,
            in: context.stateDirectory,
            by: """
                found=
                while IFS= read -r line || [ -n "$line" ]; do
                case $line in
                127.0.1.1[[:space:]]*)
                [ -n "$found" ] || printf '%s\\n' \(ownLine) || exit
                found=yes ;;
                *) printf '%s\\n' "$line" || exit ;;
                esac
                done
                [ -n "$found" ] || printf '%s\\n' \(ownLine)
                """)
    }
}

extension HostnameResource {
    public static let schema = Schema<HostnameResource>(
        "hostname",
        summary: "What a host calls itself.",
        details: """
            Sets the name now and for the next boot, and keeps the line of 127.0.1.1 in \
            /etc/hosts, without which `sudo` cannot find the host's own name.
            """,
        fields: [
            .required(
                "name", \.name, .text.checked { problem(of: $0) }, "The name, without a domain."),
            .optional(
                "domain", \.domain,
                .text.checked { domain in
                    domain.split(separator: ".", omittingEmptySubsequences: false)
                        .contains { problem(of: String($0)) != nil }
                        ? "`\(domain.visible)` is not the name of a domain" : nil
                }, "The domain, for the host's full name."),
        ],
        example: """
            name: app-1
            domain: finflow.internal
            """)

    /// RFC 1123 §2.1.
    private static func problem(of label: String) -> String? {
        let isValid =
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        return isValid ? nil : "`\(label.visible)` is not the name of a host"
    }
}
