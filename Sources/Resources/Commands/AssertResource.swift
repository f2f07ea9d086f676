public import Hosts
public import Schema
import TaskGraph
public import Vocabulary

/// `assert`: conditions that must hold for the tasks after it to make sense.
public struct AssertResource: Resource {
    public struct Condition: Sendable {
        public var holds: Bool
        public var place: SourcePlace
    }

    public var conditions: [Condition] = []
    public var message: String?

    public init() {}

    public static let undo = UndoAbility.none(
        """
        It changes nothing.
        """)
    public static let mayBeDelegated = true

    public var thing: HostThing? { nil }
    public var follows: [HostThing] { [] }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        JSON.array(conditions.map { .bool($0.holds) }).line
    }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] { [] }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let failed = conditions.filter { !$0.holds }
        guard failed.isEmpty else {
            throw Diagnostics(
                failed.map { condition in
                    Diagnostic(
                        .failedAssertion, message ?? "this condition does not hold",
                        at: condition.place, hint: "this is false")
                })
        }
        return .unchanged
    }
}

extension AssertResource {
    public static let schema = Schema<AssertResource>(
        "assert",
        summary: "Conditions that must hold; it changes nothing.",
        details: """
            A condition that is false fails the task, and with it all that comes after it on the \
            host. Each is one expression that is true or false.
            """,
        fields: [
            .required("that", \.conditions, .list(of: condition), "The conditions."),
            .optional("message", \.message, .text, "What to say when one does not hold."),
        ],
        example: """
            that: ["{{ facts.memory.total >= 2 * 1024 * 1024 * 1024 }}"]
            message: a database host needs 2 GiB of memory
            """)

    private static let condition = FieldType.boolean.map("condition") {
        holds, place throws(Diagnostics) in
        Condition(holds: holds, place: place)
    }
}
