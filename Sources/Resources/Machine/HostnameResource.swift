public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `hostname`: what a host calls itself.
public struct HostnameResource: Resource {
    public var name = ""
    public var domain: String?

    public init() {}

    public static let undo = UndoAbility.exact

    private var file: OwnedFile { OwnedFile("/etc/hostname", "\(name)\n") }
    private var live: SysctlProbe { SysctlProbe(path: "kernel/hostname") }
    private var hosts: SmallFileProbe { SmallFileProbe("/etc/hosts") }

    public var thing: HostThing? { .other(kind: "hostname", name: "") }
    public var follows: [HostThing] { [] }
    public func fingerprint(_ files: any PlaybookFiles) -> String { "\(name) \(domain ?? "")" }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        [file.probe, live, hosts]
    }

    /// The line of `/etc/hosts` that Debian gives a host's own name (Debian Reference 5.1.1).
    private var ownLine: String {
        "127.0.1.1\t" + (domain.map { "\(name).\($0) " } ?? "") + name
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let observed = try context.answers.answer(file.probe)
        let now = try context.answers.answer(live).value
        let table = try context.answers.answer(hosts).text ?? ""
        var changes: [Change] = []
        var steps: [ShellScript] = ["set -e"]
        // sudo and others look their own name up: it is there before the host is called so.
        let lines = table.split(separator: "\n")
        let old = lines.filter { Self.words($0).first == "127.0.1.1" }
        if old.map(Self.words) != [Self.words(ownLine[...])] {
            changes.append(
                Change(
                    .update, "/etc/hosts", before: old.first.map(String.init), after: ownLine))
            steps.append(settingOwnLine)
        }
        let fileChanges = file.changes(from: observed)
        if !fileChanges.isEmpty { steps.append(file.placing()) }
        changes += fileChanges
        if now != name {
            changes.append(Change(.update, "hostname", before: now, after: name))
            steps.append(settingLiveName)
        }
        guard !changes.isEmpty else { return .unchanged }
        return ResourcePlan(changes: changes, action: Action(script: steps.joined()))
    }

    private static func words(_ line: Substring) -> [Substring] {
        line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
    }

    private var settingOwnLine: ShellScript {
        FileReplacement.editing(
            "/etc/hosts", mode: 0o644, writesThrough: true,
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

    /// Whichever way the host has; a container's /proc may be read-only, its name need not be.
    private var settingLiveName: ShellScript {
        """
        { printf '%s\\n' \(name) > /proc/sys/kernel/hostname; } 2>/dev/null ||
          { command -v hostname >/dev/null && hostname \(name); } ||
          hostnamectl --transient set-hostname \(name)
        """
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
