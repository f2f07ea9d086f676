public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `timezone`: the local time of a host.
public struct TimezoneResource: Resource {
    public var name = ""

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        The link and the file of the zone are as they were.
        """)

    private static let link = "/etc/localtime"
    private static let database = "/usr/share/zoneinfo/"
    private var file: OwnedFile { OwnedFile("/etc/timezone", "\(name)\n") }

    public var thing: HostThing? { .path("/etc/localtime") }
    public var follows: [HostThing] { [.package("tzdata")] }
    public func fingerprint(_ files: any PlaybookFiles) -> String { name }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        [TimezoneProbe(), PathProbe(Self.link)] + file.questions
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let target = try context.answers.answer(TimezoneProbe())
        let observed = try context.answers.answer(file.probe)
        var changes: [Change] = []
        let now = target.firstRange(of: Self.database).map { String(target[$0.upperBound...]) }
        if now != name {
            changes.append(
                Change(.update, "time zone", before: now ?? target, after: name))
        }
        changes += file.changes(from: observed)
        guard !changes.isEmpty else { return .unchanged }
        let zone = Self.database + name
        let priors = try context.priors(of: [
            Endangered(path: Self.link, status: try context.status(of: Self.link)),
            file.endangered(observed),
        ])
        let placing = try file.placing(over: priors[1], context)
        let linking = FileReplacement.linking(
            Self.link, to: zone, prior: priors[0], in: context.stateDirectory)
        return ResourcePlan(
            changes: changes,
            action: Action(
                script: """
                    set -e
                    [ -f \(zone) ] || {
                      printf 'the host knows no time zone %s; is tzdata installed?\\n' \(name) >&2
                      exit 1
                    }
                    \(linking)
                    \(placing.script)
                    """,
                finish: FileFailure(path: file.path).orScript),
            undo: [priors[0].step(leaving: .link(Self.link, to: zone))] + placing.undo)
    }
}

/// Where `/etc/localtime` points.
struct TimezoneProbe: Probe {
    static func script(for questions: [TimezoneProbe]) -> ShellScript {
        // One step only: `UTC` is itself a link to `Etc/UTC` there.
        "readlink /etc/localtime || :"
    }

    static func answers(
        to questions: [TimezoneProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [TimezoneProbe: String] {
        [TimezoneProbe(): String(decoding: output, as: UTF8.self).trimmed]
    }
}

extension TimezoneResource {
    public static let schema = Schema<TimezoneResource>(
        "timezone",
        summary: "The time zone of a host.",
        details: "Programs that are running keep the old one until they are started anew.",
        fields: [
            .required(
                "name", \.name,
                .text.checked { name in
                    let isName =
                        !name.isEmpty && !name.hasPrefix("/") && !name.hasPrefix("-")
                        && !name.split(separator: "/").contains("..")
                        && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
                    return isName ? nil : "`\(name.visible)` is not the name of a time zone"
                }, "As in /usr/share/zoneinfo: `Europe/Zurich`, `Etc/UTC`.")
        ],
        example: """
            name: Etc/UTC
            """)
}
