public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `group`: a group of users.
public struct GroupResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case present, absent
    }

    public var name = ""
    public var gid: Int?
    public var system = false
    public var state = State.present

    public init() {}

    public static let undo = UndoAbility.partial(
        """
        A group that was made is removed, and a removed one comes back with its number and its members. \
        Files that belonged to the old number are not looked for.
        """)

    public var thing: HostThing? { .group(name) }
    public var follows: [HostThing] { [] }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        JSON.object(compact: [
            ("name", .string(name)), ("gid", gid.map(JSON.int)),
            ("state", .string(state.rawValue)),
        ]).line
    }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        [AccountProbe.group(name)]
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let group = try context.answers.answer(AccountProbe.group(name)).group
        switch (state, group) {
        case (.absent, nil): return .unchanged
        case (.absent, let group?):
            return ResourcePlan(
                changes: [Change(.delete, "group", before: name)],
                action: Action(script: "groupdel \(name)"),
                undo: Self.undo(ofRemoving: name, group))
        case (.present, nil):
            let options = (gid.map { ["--gid", String($0)] } ?? []) + (system ? ["--system"] : [])
            return ResourcePlan(
                changes: [Change(.create, "group", after: gid.map { "\(name), \($0)" } ?? name)],
                action: Action(script: "groupadd \(options) \(name)"),
                undo: [
                    UndoStep(
                        left: Self.spec(name, [("gid", gid.map(JSON.int))]),
                        before: Self.spec(name, [("state", "absent")]))
                ])
        case (.present, let group?):
            guard let gid, gid != group.gid else { return .unchanged }
            return ResourcePlan(
                changes: [Change(.update, "gid", before: "\(group.gid)", after: "\(gid)")],
                action: Action(script: "groupmod --gid \(gid) \(name)"),
                undo: [
                    UndoStep(
                        left: Self.spec(name, [("gid", .int(gid))]),
                        before: Self.spec(name, [("gid", .int(group.gid))]))
                ])
        }
    }

    static func spec(_ name: String, _ fields: [(String, JSON?)]) -> ResourceSpec {
        ResourceSpec("group", compact: [("name", .string(name))] + fields)
    }

    /// The group with its number, and then its members.
    static func undo(ofRemoving name: String, _ group: Account.Group) -> [UndoStep] {
        let members = group.members.map { member -> UndoStep in
            let spec = ResourceSpec(
                "user",
                ["name": .string(member), "groups": [.string(name)], "append": true])
            return UndoStep(left: Self.spec(name, [("state", "absent")]), before: spec)
        }
        let itself = UndoStep(
            left: spec(name, [("state", "absent")]), before: spec(name, [("gid", .int(group.gid))]))
        return members + [itself]
    }
}

extension GroupResource {
    public static let schema = Schema<GroupResource>(
        "group",
        summary: "A group of users.",
        details: """
            Who belongs to it is said by the `groups` of each user. A change of the number does \
            not change the group of files; systemd or a `directory` task with an owner does that.
            """,
        fields: [
            .required("name", \.name, AccountName.field, "The group."),
            .optional(
                "gid", \.gid, .wholeNumber(in: 0...4_294_967_294),
                "Its number; left out, a new group gets a free one."),
            .optional(
                "system", \.system, .boolean, default: "false",
                "A new group gets a number of those kept for the system."),
            .optional("state", \.state, .word(), default: "present", "`present` or `absent`."),
        ],
        example: """
            name: finflow
            system: true
            """)
}
