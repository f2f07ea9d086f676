import Schema
import TaskGraph
import Template
import Vocabulary

/// The keys of a task beside its resource.
struct TaskModel: SchemaModel {
    var id = Placed("", at: .nowhere)
    var notify: [Placed<String>] = []
    var after: [Placed<String>] = []
    var when: Condition?
    var forEach: PlacedValue?
    var delegate: PlacedValue?
    var tags: [String] = []
    var outputs: [(key: String, value: OutputExpression)] = []
    var retry: RetryModel?
    var timeout: Duration?
    var become: Bool?
    var network = Placed(false, at: .nowhere)
    var semaphores: [String] = []

    static let schema = Schema<TaskModel>(
        "task", summary: "One resource on a host, with when and in which order it is done.",
        fields: [
            .required("id", \.id, .placedIdentifier, "Its name within the role."),
            .optional(
                "notify", \.notify, .oneOrMore(of: .placedText), default: "[]",
                "Handlers that are due when it changes something: `id` or `role/id`."),
            .optional(
                "after", \.after, .oneOrMore(of: .placedText), default: "[]",
                "Tasks that come before it: `id`, `role/id`, or `hosts:role/id`."),
            .optional(
                "when", \.when, .condition,
                "Whether it is done at all; facts and outputs may stand in it."),
            .optional(
                "for_each", \.forEach, .value,
                "Done for each element, which is `item`; of a mapping, its key is `item_key`."),
            .optional(
                "delegate_to", \.delegate, .value,
                """
                Another host that does it for this one: `{{ groups.control_plane[0].name }}`. Only \
                for what owns nothing, as a `command`. Variables are those of this host, facts \
                those of the other; `--limit` and batches mean this one.
                """),
            .optional("tags", \.tags, .oneOrMore(of: .identifier), default: "[]", "For `--tags`."),
            .optional(
                "outputs", \.outputs, .mapping(to: .output), default: "{}",
                """
                What others may use of its result, as `tasks.ID.NAME`: `{ token: stdout }`; \
                `finflowctl doc TYPE` says what there is.
                """),
            .optional("retry", \.retry, .nested(), "How often it is tried."),
            .optional("timeout", \.timeout, .duration, "The longest time that it may take."),
            .optional("become", \.become, .boolean, "Whether it runs as root."),
            .optional(
                "network", \.network, FieldType<Bool>.boolean.placed, default: "false",
                """
                Whether a mistake in it could cut the host off (sshd, firewall, interfaces): the \
                host puts the change back by itself unless a new connection comes through in \
                `network_revert_seconds` (30).
                """),
            .optional(
                "semaphore", \.semaphores, .oneOrMore(of: .text), default: "[]",
                "Only one task that names it runs at a time; with `@host`, one on each host."),
        ])
}

struct RetryModel: SchemaModel {
    var attempts = 1
    var delay = Duration.seconds(1)

    static let schema = Schema<RetryModel>(
        "retry", summary: "How often a task is tried.",
        fields: [
            .required(
                "attempts", \.attempts, .wholeNumber(in: 1...100), "All of them, the first too."),
            .optional(
                "delay", \.delay, .duration, default: "1 s",
                "The wait before the second one; it doubles for each further one."),
        ])

    var policy: RetryPolicy { RetryPolicy(attempts: attempts, initial: delay) }
}

/// How an output is made of what a resource gives: `stdout`, `stdout | trim | default("none")`.
struct OutputExpression: Sendable {
    let expression: TemplateExpression
    /// What it uses of the resource's own outputs.
    let uses: [VariableReference]

    init(_ value: PlacedValue) throws(Diagnostics) {
        let text = try FieldType<String>.text.read(value)
        expression = try TemplateExpression.parse(
            text, at: value.textOrigin ?? TextOrigin(value.place))
        uses = expression.references
    }

    var names: Set<String> { Set(uses.map(\.name)) }

    /// What it cannot be made without.
    var needs: [String] { uses.filter { !$0.isOptional }.map(\.name) }
}

extension FieldType where Output == OutputExpression {
    fileprivate static var output: FieldType<OutputExpression> {
        FieldType("expression", jsonSchema: ["type": "string"]) { value throws(Diagnostics) in
            try OutputExpression(value)
        }
    }
}
