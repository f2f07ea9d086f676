import Hosts
import Resources
import TaskGraph
import Vocabulary

/// The desired state that each task of a host last brought about or found: the file
/// `applied.ndjson` in the state directory, a JSON object a line, of which the last one of a
/// task counts. By it a change that somebody made (desired = last applied) is told from one
/// that the playbooks ask for (desired ≠ last applied).
struct AppliedStates: Hashable, Sendable {
    struct State: Hashable, Sendable {
        /// A digest under the host's key.
        var digest: String
        var run: RunID
        var at: Timestamp
        /// When a later run that wrote this file last found it right.
        var confirmed: Timestamp?
        /// A digest of each of its aspects, by name.
        var aspects: [String: String] = [:]
    }

    /// What a task wants, before it is made into digests.
    struct Wanted: Sendable {
        var fingerprint: String
        var aspects: [Aspect] = []

        func state(key: Sensitive<String>, run: RunID, at time: Timestamp) -> State {
            State(
                digest: HostDigest.digest(of: fingerprint, key: key), run: run, at: time,
                aspects: Dictionary(
                    aspects.map { ($0.name, AppliedStates.digest(of: $0.wanted, in: $0, key)) },
                    uniquingKeysWith: { first, _ in first }))
        }
    }

    /// Of a value of an aspect; half of its bits are enough to tell two values apart.
    static func digest(of value: String, in aspect: Aspect, _ key: Sensitive<String>) -> String {
        String(HostDigest.digest(of: "\(aspect.name)=\(value)", key: key).prefix(32))
    }

    private(set) var states: [TaskID: State] = [:]
    /// Lines that are none of ours.
    private(set) var damagedLines = 0

    init() {}

    init(text: String) {
        for line in text.split(separator: "\n") {
            guard let json = try? JSON(parsing: String(line)), let task = json["task"]?.string,
                let digest = json["state"]?.string,
                let run = json["run"]?.string.flatMap(RunID.init),
                let at = json["at"]?.string.flatMap({ Timestamp($0) })
            else {
                damagedLines += 1
                continue
            }
            states[TaskID(task)] = State(
                digest: digest, run: run, at: at,
                confirmed: json["confirmed"]?.string.flatMap { Timestamp($0) },
                aspects: Dictionary(
                    (json["aspects"]?.members ?? []).compactMap { member in
                        member.value.string.map { (member.name, $0) }
                    }, uniquingKeysWith: { first, _ in first }))
        }
    }

    /// Takes in what a run brought about or found.
    ///
    /// - Parameter time: when the run began: nothing is said of what became of it later.
    /// - Returns: Whether that was news.
    mutating func take(_ found: [TaskID: State], at time: Timestamp) -> Bool {
        var isNew = damagedLines > 0
        damagedLines = 0
        for (task, state) in found {
            if let known = states[task], known.digest == state.digest {
                if time > known.confirmed ?? known.at { states[task]?.confirmed = time }
                if known.aspects.isEmpty { states[task]?.aspects = state.aspects }
            } else {
                states[task] = state
                isNew = true
            }
        }
        return isNew
    }

    static func line(_ task: TaskID, _ state: State) -> String {
        JSON.object(compact: [
            ("task", .string(task.rawValue)), ("state", .string(state.digest)),
            ("run", .string(state.run.rawValue)), ("at", .string(state.at.description)),
            ("confirmed", state.confirmed.map { .string($0.description) }),
            (
                "aspects",
                state.aspects.isEmpty
                    ? nil
                    : .object(
                        state.aspects.sorted { $0.key < $1.key }
                            .map { .init($0.key, .string($0.value)) })
            ),
        ]).line
    }

    /// Says, behind the script of a change, what it brought about.
    static func appending(_ task: TaskID, _ state: State, in directory: String) -> ShellScript {
        "printf '%s\\n' \(line(task, state)) >>\(directory)/applied.ndjson\n"
    }

    /// One digest for all that a run brought about or found: as long as it is in `settled`,
    /// there is nothing to write.
    static func summary(_ digests: [TaskID: String], key: Sensitive<String>) -> String {
        let lines = digests.map { "\($0.key) \($0.value)" }.sorted()
        return HostDigest.digest(of: lines.joined(separator: "\n"), key: key)
    }

    /// A line for each task.
    var text: String {
        states.keys.sorted().compactMap { task in
            states[task].map { Self.line(task, $0) + "\n" }
        }.joined()
    }

    /// Writes all of it; run in the state directory.
    func writing(settled: some Sequence<String>) -> ShellScript {
        return """
            printf %s \(text) >applied.new && mv -f applied.new applied.ndjson || exit
            printf '%s\\n' \(settled.joined(separator: " ")) >settled.new && mv -f settled.new settled || exit

            """
    }
}

/// All of it; asked where drift is told from intent, and before it is written anew.
struct AppliedProbe: Probe {
    var directory: String

    static func script(for questions: [AppliedProbe]) -> ShellScript {
        questions.map { question in
            let path = "\(question.directory)/applied.ndjson"
            return "[ ! -f \(path) ] || tr -d '\\0' <\(path)\nprintf '\\0'\n"
        }.joined()
    }

    static func answers(
        to questions: [AppliedProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [AppliedProbe: AppliedStates] {
        let parts = output.split(separator: 0, omittingEmptySubsequences: false)
        guard parts.count == questions.count + 1 else {
            throw ProbeError("what was last applied cannot be read")
        }
        var result: [AppliedProbe: AppliedStates] = [:]
        for (question, part) in zip(questions, parts) {
            result[question] = AppliedStates(text: String(decoding: part, as: UTF8.self))
        }
        return result
    }
}
