public import Hosts
public import Schema
import TaskGraph
import Template
import Vocabulary

/// `command`: a program that is run when its guards say so.
public struct CommandResource: Resource {
    public var run: String?
    public var argv: [String]?
    public var creates: String?
    public var removes: String?
    public var unless: String?
    public var onlyIf: String?
    public var stamp: String?
    public var always = false
    public var isReading = false
    public var isSecret = false
    public var directory: String?
    public var user: String?
    public var variables: [(key: String, value: SecretText)] = []
    public var input: SecretText?
    public var timeout = Duration.seconds(600)

    public init() {}

    public static let undo = UndoAbility.none(
        """
        What a command changes nobody knows. As a handler it is not run once more either, since the \
        host does not keep commands.
        """)
    public static let outputs = ["ran", "stdout", "stderr", "status"]
    public static let mayBeDelegated = true

    public var thing: HostThing? { nil }

    public var follows: [HostThing] {
        (user.map { [.user($0)] } ?? []) + (directory.map { [.path($0)] } ?? [])
            + (argv?.first.map { [.path($0)] } ?? [])
    }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        JSON.object(compact: [
            ("command", .string(identity)), ("stamp", stamp.map(JSON.string)),
            ("input", input.map { .string($0.digest) }),
            (
                "environment",
                .array(variables.map { .array([.string($0.key), .string($0.value.digest)]) })
            ),
        ]).line
    }

    /// What makes it this command and no other: names its stamp on the host.
    private var identity: String {
        JSON.object(compact: [
            ("run", run.map(JSON.string)), ("argv", argv.map { .array($0.map(JSON.string)) }),
            ("directory", directory.map(JSON.string)), ("user", user.map(JSON.string)),
        ]).line
    }

    private func stampFile(in stateDirectory: String) -> String {
        "\(stateDirectory)/commands/\(sha256Text(identity.utf8).prefix(32))"
    }

    private var environment: CommandEnvironment {
        CommandEnvironment(user: user, directory: directory, variables: variables)
    }

    // MARK: - Whether it has to run

    /// Each condition, what it has to be for the command to run, and how a plan says so.
    private func guards(
        _ stateDirectory: String
    ) -> [(probe: CommandProbe, runsIf: Bool, reason: String)] {
        var guards: [(probe: CommandProbe, runsIf: Bool, reason: String)] = []
        func add(_ condition: CommandProbe.Condition?, runsIf: Bool, _ reason: String) {
            if let condition { guards.append((CommandProbe(condition), runsIf, reason)) }
        }
        let environment = environment
        add(creates.map { .exists($0) }, runsIf: false, "\(creates ?? "") does not exist")
        add(removes.map { .exists($0) }, runsIf: true, "\(removes ?? "") exists")
        add(
            unless.map { .succeeds($0, in: environment) }, runsIf: false,
            "`\(unless ?? "")` fails")
        add(
            onlyIf.map { .succeeds($0, in: environment) }, runsIf: true,
            "`\(onlyIf ?? "")` succeeds")
        add(
            stamp.map { .stamped(file: stampFile(in: stateDirectory), text: sha256Text($0.utf8)) },
            runsIf: false,
            "it has not run for `\(stamp ?? "")` yet")
        return guards
    }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        isReading ? [reading] : guards(files.stateDirectory).map(\.probe)
    }

    /// It runs when every guard that is given lets it; one that only looks has run by now.
    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        if isReading { return try whatItRead(context) }
        let guards = guards(context.stateDirectory)
        for (probe, runsIf, _) in guards {
            let answer = try context.answers.answer(probe)
            if answer == .late {
                throw context.problem(
                    .slowGuard, "a guard of the command did not end within a minute",
                    help: "What it asks has to be answered at once; `wait_for` waits.")
            }
            if (answer == .yes) != runsIf {
                // It printed nothing, which is not the same as an empty text.
                return ResourcePlan(outputs: ["ran": false])
            }
        }
        var reason = guards.isEmpty ? "always" : guards.map(\.reason).joined(separator: ", ")
        let credentials = (variables.map(\.value) + (input.map { [$0] } ?? []))
            .flatMap(\.credentials)
        if !credentials.isEmpty { reason += ", with \(credentials.inWords)" }
        var plan = ResourcePlan(
            changes: [Change(.run, shown, after: reason)],
            action: action(stateDirectory: context.stateDirectory))
        plan.isDueByItself = guards.isEmpty
        return plan
    }

    /// What a plan says of it: of several lines the first, which may be a comment that says more
    /// than any of them.
    private var shown: String {
        guard let run else { return (argv ?? []).map(\.shellQuoted).joined(separator: " ") }
        let lines = run.split(separator: "\n")
        guard let first = lines.first, lines.count > 1 else { return run }
        guard first.hasPrefix("# ") else { return "\(first) …" }
        return "\(first.dropFirst(2)) …"
    }

    // MARK: - Reading

    private var words: ShellScript { argv.map { "\($0)" } ?? "/bin/sh -c \(run ?? "")" }

    private var reading: CommandReading { CommandReading(words: words, environment: environment) }

    private func whatItRead(_ context: PlanContext) throws -> ResourcePlan {
        if context.followsPendingChanges {
            // Whatever it printed, it may print something else by then.
            let later = Value.unknown("something before it would change first")
            return ResourcePlan(
                outputs: Dictionary(uniqueKeysWithValues: Self.outputs.map { ($0, later) }))
        }
        let answer = try context.answers.answer(reading)
        if answer.isLate {
            throw context.problem(
                .slowGuard, "the command did not end within a minute",
                help: "What is only read has to be answered at once; `wait_for` waits.")
        }
        let values = try Self.outputs(
            answer.output, answer.error, status: answer.status, isSecret: saysSecrets)
        return ResourcePlan(outputs: values)
    }

    // MARK: - Running it

    private func action(stateDirectory: String) -> Action {
        var script: ShellScript = "(\n\(environment.running(words))\n)"
        if let input {
            script = WholeInput.feeding(
                .printing(input), to: script, named: "input of \(identity)", in: stateDirectory)
        }
        if let stamp {
            let file = stampFile(in: stateDirectory)
            let record = OwnedFile(file, sha256Text(stamp.utf8) + "\n", mode: 0o600, owner: nil)
            script += " || exit\nset -e\n\(record.noting)"
        }
        let isSecret = saysSecrets
        return Action(
            script: script, options: ScriptOptions(lane: .slow, timeout: timeout),
            finish: { result throws(ActionError) in
                try Self.outputs(
                    String(decoding: result.output, as: UTF8.self),
                    String(decoding: result.error, as: UTF8.self), status: Int(result.status),
                    isSecret: isSecret)
            })
    }

    /// What it prints is a secret if the playbook says so, or if it is given one: it may print
    /// that.
    private var saysSecrets: Bool {
        isSecret || input?.isSensitive ?? false || variables.contains { $0.value.isSensitive }
    }

    private static func outputs(
        _ output: String, _ error: String, status: Int, isSecret: Bool
    ) throws(ActionError) -> [String: Value] {
        func trimmed(_ text: String) -> String {
            var text = text[...]
            while text.hasSuffix("\n") { text.removeLast() }
            return String(text)
        }
        let (output, error) = (trimmed(output), trimmed(error))
        guard status == 0 else {
            throw ActionError(
                "the command ended with status \(status)",
                output: isSecret ? redaction : [error, output].joined(separator: "\n"))
        }
        func value(_ text: String) -> Value {
            isSecret ? .sensitive(of: .string(text)) : .string(text)
        }
        return [
            "ran": true, "stdout": value(output), "stderr": value(error),
            "status": .int(status),
        ]
    }
}
