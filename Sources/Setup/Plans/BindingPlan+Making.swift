import Crypto
public import Playbook
public import TaskGraph
public import Vocabulary

/// What a plan is bound to besides the hosts: the playbooks and the command line.
public struct PlanBasis: Sendable {
    let environment: String
    let assignments: [(String, String)]
    let graph: Graph<HostTask>
    let digests: PlaybookDigests

    /// - Parameter assignments: all variables that the command line sets, spelled out or implied.
    public init(
        environment: String, assignments: [(String, String)], graph: Graph<HostTask>,
        digests: PlaybookDigests
    ) {
        self.environment = environment
        self.assignments = assignments
        self.graph = graph
        self.digests = digests
    }

    func assignments(salt: String) -> [String: String] {
        Dictionary(
            assignments.map { ($0, Self.digest("\($0)=\($1)", salt)) },
            uniquingKeysWith: { _, last in last })
    }

    /// Of a task as the playbooks have it. The desired state is a part of it where it is known
    /// already and no credential is, whose value could be guessed from the digest.
    func declaration(of task: GraphTask<HostTask>, salt: String) -> String? {
        guard let resource = task.work.resource else { return nil }
        var text = digests.declarations[task.id] ?? ""
        if resource.credentials.isEmpty, let known = resource.known,
            let state = try? known.resource.fingerprint(known.files)
        {
            text += "\0\(state)"
        }
        return Self.digest(text, salt)
    }

    private static func digest(_ text: String, _ salt: String) -> String {
        HMAC<SHA256>.authenticationCode(
            for: Array(text.utf8), using: SymmetricKey(data: Array(salt.utf8))
        ).hexadecimal
    }
}

extension BindingPlan {
    /// Of a dry run that has gone well.
    ///
    /// - Returns: `nil` where not all of it is known, because something failed.
    public init?(
        _ result: RunResult<HostOutput>, _ ledger: PlanLedger, on basis: PlanBasis,
        selection: Selection, identity: RunIdentity
    ) {
        guard result.isGood else { return nil }
        let salt = SymmetricKey(size: .bits256).withUnsafeBytes { $0.hexadecimal }
        var tasks: [Planned] = []
        for report in result.reports {
            guard let task = basis.graph[report.id], let resource = task.work.resource,
                let status = Planned.Status(rawValue: report.status.kind.rawValue)
            else { continue }
            let finding = ledger[report.id]
            tasks.append(
                Planned(
                    id: report.id, title: report.title, host: report.host ?? "",
                    place: task.place.map { "\($0.file):\($0.line)" }, status: status,
                    changes: report.changes, isLater: finding?.isLater ?? false,
                    origin: finding?.origin,
                    declaration: basis.declaration(of: task, salt: salt), state: finding?.state,
                    observed: finding?.observed ?? [:],
                    credentials: resource.credentials.map(\.description)))
        }
        self.init(
            run: identity.run, user: identity.origin.who.user,
            machine: identity.origin.who.machine,
            environment: basis.environment, selection: selection, tasks: tasks, salt: salt,
            assignments: basis.assignments(salt: salt), files: basis.digests.files)
    }

    /// How the playbooks and the command line have moved on since: empty when they have not.
    public func differences(from basis: PlanBasis) -> Diagnostics {
        var lines: [(text: String, subject: String?, place: String?)] = []
        func compare(_ what: String, _ then: [String: String], _ now: [String: String]) {
            for name in Set(then.keys).union(now.keys).sorted() where then[name] != now[name] {
                let verb =
                    then[name] == nil ? "is new" : now[name] == nil ? "is gone" : "has changed"
                lines.append(("\(what) `\(name.visible)` \(verb)", nil, nil))
            }
        }
        compare("the file", files, basis.digests.files)
        compare("the variable of the command line", assignments, basis.assignments(salt: salt))
        let present = basis.graph.tasks.filter { $0.work.resource != nil }
        let (then, now) = (hosts, present.compactMap(\.host).unique)
        for host in now where !then.contains(host) {
            lines.append(("the host is new", "host \(host)", nil))
        }
        for host in then where !now.contains(host) {
            lines.append(("the host is gone", "host \(host)", nil))
        }
        let planned = Dictionary(
            tasks.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var seen: Set<TaskID> = []
        for task in present {
            seen.insert(task.id)
            guard let before = planned[task.id] else {
                if then.contains(task.host ?? "") {
                    lines.append(("the task is new", task.id.rawValue, nil))
                }
                continue
            }
            let credentials = (task.work.resource?.credentials ?? []).map(\.description)
            if credentials != before.credentials {
                lines.append(
                    (
                        "the task uses \(credentials.inWords), and \(before.credentials.inWords) "
                            + "was planned", task.id.rawValue, nil
                    ))
            } else if before.declaration != basis.declaration(of: task, salt: salt) {
                lines.append(("the task has changed", task.id.rawValue, nil))
            }
        }
        for task in tasks where !seen.contains(task.id) && now.contains(task.host) {
            lines.append(("the task is gone", task.id.rawValue, nil))
        }
        return Diagnostics(
            lines.map { line in
                Diagnostic(
                    .playbooksMoved, "since the plan was made, \(line.text)",
                    subject: line.subject,
                    help: "Nothing was changed. Look at a new plan, and apply that.")
            })
    }
}

extension [String] {
    fileprivate var inWords: String { isEmpty ? "no credential" : joined(separator: ", ") }
}
