public import Vocabulary

extension Diagnostic.Code {
    public static let graphCycle = Self(
        "FF0501", "tasks wait for each other",
        explanation: """
            A task runs after what its `after`, its `notify`, the outputs that it uses and the \
            rules of its resource type say. Here these lead in a circle, so none of the tasks \
            could ever start. The diagnostic shows a shortest circle, one edge a line, each with \
            where it comes from. Take one of the edges away, or split a task in two. Edges that \
            nobody wrote never close a circle: they are dropped instead.
            """)
    public static let graphDuplicateTask = Self(
        "FF0502", "two tasks have one id",
        explanation: """
            An id names one task of a run: edges, outputs, the journal and `--limit` all mean \
            it by its id. Give one of the two another `id`.
            """)
    public static let graphUnknownTask = Self(
        "FF0503", "an edge leads to no task",
        explanation: """
            A task says that it runs after another one which is not part of this graph: it is \
            misspelt, on another host, or in a role that is not applied.
            """)
    public static let graphOwnershipConflict = Self(
        "FF0504", "two tasks want different things of one",
        explanation: """
            Each of the two would undo what the other one did, in every run. Two tasks may name \
            the same file, package or service only if they want exactly the same of it. A `line` \
            or a `block` in a file that another task writes whole is such a case, too: the one \
            puts it in, the other one takes it out.
            """)
    public static let graphBatchDeadlock = Self(
        "FF0505", "a task waits for a later batch",
        explanation: """
            In a rolling run a batch of hosts starts only when the batch before it has ended. A \
            task of an earlier batch that depends on a host of a later one would wait for ever. \
            Batches are cut in the order in which the tasks name the hosts, which is that of the \
            inventory: move the host that is waited for forward, or make the batches larger.
            """)
    public static let performerFailed = Self(
        "FF0510", "a task failed", status: .partlyFailed,
        explanation: """
            What depends on the task was not run; everything else was. Running the same command \
            again goes on where this run ended.
            """)
    public static let attemptTimedOut = Self(
        "FF0511", "a task took too long", status: .partlyFailed,
        explanation: """
            The task was cut when its timeout was over. What it did until then stays; running \
            the same command again finishes it. If it needs longer, raise its `timeout`.
            """)
    public static let journalFailed = Self(
        "FF0512", "the journal could not be written", status: .failed,
        explanation: """
            Nothing is changed that is not recorded: a task whose record cannot be begun does \
            not run. See that the state store can be written and has room, then run the same \
            command again.
            """)
}

public enum TaskGraphDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .graphCycle, .graphDuplicateTask, .graphUnknownTask, .graphOwnershipConflict,
        .graphBatchDeadlock,
        .performerFailed, .attemptTimedOut, .journalFailed,
    ]
}

extension Diagnostic {
    static func duplicate(
        _ id: TaskID, at place: SourcePlace?, first: SourcePlace?
    ) -> Diagnostic {
        Diagnostic(
            .graphDuplicateTask, "two tasks have the id `\(id.rawValue.visible)`", at: place,
            related: first.map { [Related("the first one", at: $0)] } ?? [])
    }

    static func unknown(
        _ edge: Edge, of task: TaskID, at place: SourcePlace?, nearest: String?
    ) -> Diagnostic {
        Diagnostic(
            .graphUnknownTask,
            "`\(task.rawValue.visible)` runs after `\(edge.on.rawValue.visible)`, "
                + "which is no task of this run",
            at: place,
            hint: nearest.map { "did you mean `\($0.visible)`?" })
    }

    static func conflict(
        over thing: String, _ task: TaskID, at place: SourcePlace?,
        with other: TaskID, at otherPlace: SourcePlace?
    ) -> Diagnostic {
        Diagnostic(
            .graphOwnershipConflict,
            "`\(task.rawValue.visible)` and `\(other.rawValue.visible)` want different things of "
                + thing.visible,
            at: place,
            related: otherPlace.map { [Related("the other one", at: $0)] } ?? [])
    }
}

extension TaskReport {
    /// What to tell an operator of a task that failed; `nil` of one that did not.
    ///
    /// A diagnostic that the performer threw is passed on. Of any other error only the type is
    /// told, for its text may hold what must not be shown: performers throw diagnostics.
    public var diagnostics: [Diagnostic] {
        guard case .failed(let failure) = status else { return [] }
        let subject = (host.map { "host \($0), task " } ?? "task ") + id.rawValue
        switch failure {
        case .performing(let error):
            return told(error, as: .performerFailed, "the task failed", subject)
        case .timedOut(let limit):
            return [
                Diagnostic(
                    .attemptTimedOut, "the task was not through after \(limit.brief)",
                    subject: subject,
                    help: "run the same command again, or raise the task's `timeout`")
            ]
        case .journal(let error, _):
            return told(error, as: .journalFailed, "the journal could not be written", subject)
        }
    }

    private func told(
        _ error: any Error, as code: Diagnostic.Code, _ words: String, _ subject: String
    ) -> [Diagnostic] {
        var found: [Diagnostic]
        switch error {
        case let diagnostic as Diagnostic: found = [diagnostic]
        case let diagnostics as Diagnostics: found = diagnostics.all
        default: found = [Diagnostic(code, "\(words): \(type(of: error))")]
        }
        for index in found.indices where found[index].subject == nil {
            found[index].subject = subject
        }
        return found
    }
}
