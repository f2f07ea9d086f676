public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `package`: Debian packages by apt.
public struct PackageResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case present, absent, latest
    }

    public var names: [String] = []
    public var state = State.present
    public var version: String?
    public var hold: Bool?
    public var purge = false
    public var recommends = false
    public var listsMaxAge = Duration.seconds(86400)

    public init() {}

    public static let undo = UndoAbility.partial(
        """
        A package that was installed is removed, without purging its configuration; one that was \
        upgraded or removed comes back in its old version, if a repository still has that. What came \
        with it as a dependency stays.
        """)

    public var thing: HostThing? { names.count == 1 ? .package(names[0]) : nil }

    public var things: [HostThing] { names.map { .package($0) } }

    public var follows: [HostThing] { [.packageSources] }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        JSON.object(
            compact: [("names", .array(names.sorted().map(JSON.string)))] + wanted
        ).line
    }

    /// Whatever list a package stands in, it is the same that is wanted of it.
    public func fingerprint(of thing: HostThing) -> String? { JSON.object(compact: wanted).line }

    private var wanted: [(String, JSON?)] {
        [
            ("state", .string(state.rawValue)),
            ("version", version.map(JSON.string)),
            ("hold", hold.map(JSON.bool)), ("purge", purge ? .bool(true) : nil),
        ]
    }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        probes
    }

    private var probes: [PackageProbe] {
        names.map { PackageProbe($0, wantsCandidate: state == .latest) }
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        var changes: [Change] = []
        var items: [PackageRequest.Item] = []
        var undo: [UndoStep] = []
        var isInterrupted = false
        var aspects: [Aspect] = []
        for probe in probes {
            let answer = try context.answers.answer(probe)
            isInterrupted = isInterrupted || answer.isInterrupted
            aspects += self.aspects(of: probe.name, answer.package)
            if let (item, change) = difference(of: probe.name, from: answer) {
                items.append(item)
                changes.append(change)
                undo += Self.undo(of: item, from: answer.package)
            }
        }
        if isInterrupted {
            changes.append(Change(.run, "dpkg", before: "interrupted", after: "finished"))
        }
        guard !changes.isEmpty else { return .unchanged.with(aspects) }
        let request = PackageRequest(
            items: items, recommends: recommends, listsMaxAge: listsMaxAge)
        var plan = ResourcePlan(
            changes: changes, action: Self.action(for: request), undo: undo
        ).with(aspects)
        plan.isDueByItself =
            items.allSatisfy { $0.target == .latest && $0.hold == nil } && !isInterrupted
            && changes.allSatisfy { $0.kind == .update }
        return plan
    }

    private func aspects(of name: String, _ package: PackageState?) -> [Aspect] {
        let isInstalled = package?.isInstalled ?? false
        let isMatching = version.flatMap { pattern in package.map { $0.matches(pattern) } } ?? false
        return [
            Aspect(
                "\(name) installed", wanted: "\(state != .absent)", found: "\(isInstalled)"),
            version.map { pattern in
                Aspect(
                    "\(name) version", wanted: pattern,
                    found: isMatching ? pattern : package?.version ?? "none")
            },
            hold.map {
                Aspect("\(name) held", wanted: "\($0)", found: "\(package?.isHeld ?? false)")
            },
        ].compactMap(\.self)
    }

    private static func action(for request: PackageRequest) -> Action {
        Action(
            script: AptTransaction.script(for: [request]),
            options: ScriptOptions(lane: .slow, timeout: .seconds(3600)), packages: request,
            finish: { result throws(ActionError) in
                for outcome in AptTransaction.outcomes(of: result, for: [request]) {
                    return try outcome.get()
                }
                return [:]
            })
    }

    private func difference(
        of name: String, from answer: PackageProbe.Answer
    ) -> (PackageRequest.Item, Change)? {
        let package = answer.package
        let isHeld = package?.isHeld ?? false
        var target: PackageRequest.Target? = version.map { .version($0) } ?? wantedTarget
        if PackageRequest.Item(name, target).isSatisfied(by: package) { target = nil }
        if state == .latest, let package, package.isInstalled, version == nil {
            // Somebody's hold is a decision, too: only `hold: false` overrules it.
            let isOutdated = package.candidate.map { $0 != package.version } ?? false
            let isOld = answer.listsAge.map { $0 >= listsMaxAge } ?? true
            target = (isOutdated || isOld) && (!isHeld || hold == false) ? .latest : nil
        }
        let wantedHold = hold.flatMap { $0 == isHeld ? nil : $0 }
        guard target != nil || wantedHold != nil else { return nil }
        // dpkg forgets a hold when it installs another version.
        let keptHold = hold ?? (target != nil && isHeld && state != .absent ? true : nil)
        let item = PackageRequest.Item(
            name, target, hold: target == nil ? wantedHold : keptHold)
        return (item, change(of: name, to: target, hold: wantedHold, from: package))
    }

    private var wantedTarget: PackageRequest.Target {
        switch state {
        case .present: .present
        case .latest: .latest
        case .absent: purge ? .purged : .absent
        }
    }

    private func change(
        of name: String, to target: PackageRequest.Target?, hold: Bool?, from state: PackageState?
    ) -> Change {
        let before = state?.shown ?? "not installed"
        let isInstalled = state?.isInstalled ?? false
        return switch target {
        case .present: Change(.create, name, before: before, after: "installed")
        case .latest:
            Change(
                isInstalled ? .update : .create, name, before: before,
                after: state?.candidate.map { $0 == state?.version ? "latest, lists are old" : $0 }
                    ?? "latest")
        case .version(let version):
            Change(isInstalled ? .update : .create, name, before: before, after: version)
        case .absent: Change(.delete, name, before: before, after: "not installed")
        case .purged: Change(.delete, name, before: before, after: "purged")
        case nil:
            Change(
                .update, name, before: hold == true ? "not held" : "held",
                after: hold == true ? "held" : "not held")
        }
    }
}

extension PackageResource {
    public static let schema = Schema<PackageResource>(
        "package",
        summary: "A Debian package, installed with apt.",
        details: """
            All packages that a host needs at about the same time become one transaction of \
            apt-get: one reading of the lists, one run of dpkg's triggers. The package lists are \
            updated only when they are older than `lists_max_age`, older than the sources, or do \
            not know what is wanted. Configuration files that were changed on the host stay as \
            they are. What a killed run left half configured is finished by the next one.

            `latest` follows the package lists; a package that somebody holds is left alone \
            unless `hold: false` is said.
            """,
        fields: [
            .required("name", \.names, .oneOrMore(name), "The package, or a list of packages."),
            .optional(
                "state", \.state, .word(), default: "present",
                "`present`, `absent`, or `latest`: the newest version that the lists know."),
            .optional(
                "version", \.version, version,
                "The version to have, newer or older; `2.0*` takes any that begins so."),
            .optional(
                "hold", \.hold, .boolean,
                "Whether upgrades leave it alone; what is held stays so when this is left out."),
            .optional(
                "purge", \.purge, .boolean, default: "false",
                "With `state: absent`: removes its configuration and what it keeps, too."),
            .optional(
                "recommends", \.recommends, .boolean, default: "false",
                "Also installs what the package recommends."),
            .optional(
                "lists_max_age", \.listsMaxAge, .duration, default: "1 d",
                "Package lists older than this are updated before anything is installed."),
        ],
        example: """
            name: [chrony, ca-certificates]
            state: present
            """,
        check: { package, place in
            var wrong: [Diagnostic] = []
            if package.version != nil, package.names.count > 1 || package.state != .present {
                wrong.append(
                    Diagnostic(
                        .conflictingKeys,
                        "`version` goes with one name and with `state: present`", at: place))
            }
            if package.state == .absent, package.hold == true {
                wrong.append(
                    Diagnostic(
                        .conflictingKeys, "a package that is absent cannot be held", at: place))
            }
            if package.purge, package.state != .absent {
                wrong.append(
                    Diagnostic(.conflictingKeys, "`purge` goes with `state: absent`", at: place))
            }
            return wrong
        })

    private static let name = FieldType.text.checked { name in
        isPackageName(name) ? nil : "`\(name.visible)` is not the name of a Debian package"
    }

    /// Debian Policy 5.6.1, with an architecture where one is named.
    private static func isPackageName(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ $0.utf8.count >= 2 }) else {
            return false
        }
        // A trailing `-` is an order to apt-get: remove it.
        guard parts[0].last != "-" else { return false }
        return parts.allSatisfy { part in
            part.first != "-" && part.first != "+" && part.first != "."
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
                        true
                    default: false
                    }
                }
        }
    }

    /// Debian Policy 5.6.12, and the pattern of apt.
    private static let version = FieldType.textOrNumber.checked { version in
        let isVersion =
            version.first?.isLetter == true || version.first?.isNumber == true
        let isPlain = version.dropLast(version.hasSuffix("*") ? 1 : 0).utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                UInt8(ascii: "."), UInt8(ascii: "~"), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        return isVersion && isPlain ? nil : "`\(version.visible)` is not a version"
    }
}
