public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `apt_repository`: a source of packages, and the key that it is signed with.
public struct AptRepositoryResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case present, absent
    }

    public enum Kind: String, CaseIterable, Sendable {
        case deb
        case debSource = "deb-src"
    }

    public var name = ""
    public var addresses: [String] = []
    public var suites: [String] = []
    public var components: [String] = []
    public var types: [Kind] = [.deb]
    public var architectures: [String] = []
    public var key: String?
    public var keyPath: String?
    public var state = State.present

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        The source and its key are as they were. Packages that came from there stay.
        """)

    // MARK: - Its two files

    private var keyFile: OwnedFile? {
        key.map { OwnedFile("/etc/apt/keyrings/\(name).asc", $0.hasSuffix("\n") ? $0 : $0 + "\n") }
    }

    /// In the format of sources.list(5), DEB822-STYLE.
    private var sourceFile: OwnedFile {
        let settings: [(String, [String])] = [
            ("Types", types.map(\.rawValue)), ("URIs", addresses), ("Suites", suites),
            ("Components", components), ("Architectures", architectures),
            ("Signed-By", [keyFile?.path ?? keyPath].compactMap(\.self)),
        ]
        let lines = settings.filter { !$0.1.isEmpty }
            .map { "\($0.0): \($0.1.joined(separator: " "))\n" }
        return OwnedFile("/etc/apt/sources.list.d/\(name).sources", lines.joined())
    }

    private var keyProbe: SmallFileProbe { SmallFileProbe("/etc/apt/keyrings/\(name).asc") }

    public var thing: HostThing? { .path(sourceFile.path) }

    public var follows: [HostThing] { keyPath.map { [.path($0)] } ?? [] }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        state == .absent ? "absent" : sourceFile.content.shown + (keyFile?.content.digest ?? "")
    }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        sourceFile.questions + [keyProbe, PathProbe(keyProbe.path.parentPath)]
    }

    // MARK: - Converging

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let source = try context.answers.answer(sourceFile.probe)
        let ring = try context.answers.answer(keyProbe)
        guard state == .present else { return try absence(source, ring, context) }
        let keyChanges = keyFile?.changes(from: ring) ?? []
        let sourceChanges = sourceFile.changes(from: source)
        guard !(keyChanges + sourceChanges).isEmpty else { return .unchanged }
        let keys = keyChanges.isEmpty ? [] : [keyFile].compactMap(\.self)
        let priors = try context.priors(
            of: [sourceFile.endangered(source)] + keys.map { $0.endangered(ring) })
        let placingSource = try sourceFile.placing(over: priors[0], context)
        let placingKey = try zip(keys, priors.dropFirst()).map { key, prior in
            try key.placing(over: prior, context)
        }
        return ResourcePlan(
            changes: (keyChanges + sourceChanges).withholding(priors),
            action: Action(
                script: placing(placingSource.script, key: placingKey.first?.script),
                options: ScriptOptions(lane: .slow, timeout: .seconds(600)),
                finish: FileFailure(path: sourceFile.path).orScript),
            undo: placingKey.flatMap(\.undo) + placingSource.undo)
    }

    /// The source is there only once its lists are: a run that is killed, or finds the key
    /// wrong, leaves none behind that would break every other use of apt.
    private func placing(_ source: ShellScript, key: ShellScript?) -> ShellScript {
        return """
            \(AptShell.functions)
            set -e
            current && was=current || was=stale
            \(key ?? ":")
            trial=$(mktemp -d)
            trap 'rm -rf "$trial"' EXIT
            printf '%s' \(sourceFile.content.shown) > "$trial"/\(name + ".sources")
            chmod 755 "$trial"
            update -o Dir::Etc::sourcelist="$trial"/\(name + ".sources") \
              -o Dir::Etc::sourceparts=/dev/null -o APT::Get::List-Cleanup=0
            \(source)
            [ $was != current ] || touch "$lists"
            """
    }

    private func absence(
        _ source: SmallFile, _ ring: SmallFile, _ context: PlanContext
    ) throws -> ResourcePlan {
        let changes =
            OwnedFile.removal(of: sourceFile.path, from: source)
            + OwnedFile.removal(of: keyProbe.path, from: ring)
        guard !changes.isEmpty else { return .unchanged }
        let priors = try context.priors(of: [
            sourceFile.endangered(source),
            Endangered(
                path: keyProbe.path, status: ring.status, sha256: ring.content.map(sha256Text)),
        ])
        let removing = zip([sourceFile.path, keyProbe.path], priors).map { path, prior in
            OwnedFile.removing(path, prior, context)
        }
        return ResourcePlan(
            changes: changes.withholding(priors),
            action: Action(
                script: (["set -e"] + removing.map(\.script)).joined(),
                finish: FileFailure(path: sourceFile.path).orScript),
            undo: removing.flatMap(\.undo))
    }
}

extension AptRepositoryResource {
    public static let schema = Schema<AptRepositoryResource>(
        "apt_repository",
        summary: "A source of Debian packages, with the key that signs it.",
        details: """
            Writes a file in the format of deb822 to /etc/apt/sources.list.d and the key to \
            /etc/apt/keyrings, where it is trusted for this source alone. The lists of this one \
            source are fetched before it is put in place, so a source that cannot be reached or \
            is not signed by the key changes nothing. Packages come after all sources.
            """,
        fields: [
            .required("name", \.name, .text.checked(nameProblem), "The name of its files."),
            .optional(
                "uris", \.addresses, .oneOrMore(word), default: "[]", "Where the source is."),
            .optional(
                "suites", \.suites, .oneOrMore(word), default: "[]", "As `bookworm` or `stable`."),
            .optional(
                "components", \.components, .oneOrMore(word), default: "[]",
                "As `main`; none for a suite that ends in a slash."),
            .optional(
                "types", \.types, .list(of: .word()), default: "[deb]", "`deb`, `deb-src`."),
            .optional(
                "architectures", \.architectures, .list(of: word), default: "[]",
                "Left out, those of the host."),
            .optional(
                "key", \.key,
                .text.checked { text in
                    text.contains("-----BEGIN PGP PUBLIC KEY BLOCK-----")
                        ? nil : "it is not a public key in ASCII armor"
                }, "The signing key in ASCII armor."),
            .optional(
                "signed_by", \.keyPath, .pathInLine,
                "Or the path of a key on the host, armored (`.asc`) or binary (`.gpg`)."),
            .optional("state", \.state, .word(), default: "present", "`present` or `absent`."),
        ],
        example: """
            name: postgresql
            uris: https://apt.postgresql.org/pub/repos/apt
            suites: bookworm-pgdg
            components: main
            signed_by: /usr/share/postgresql-common/pgdg/apt.postgresql.org.asc
            """,
        check: { repository, place in
            guard repository.state == .present else { return [] }
            var wrong: [Diagnostic] = []
            if repository.addresses.isEmpty || repository.suites.isEmpty {
                wrong.append(
                    Diagnostic(.missingKey, "a repository needs `uris` and `suites`", at: place))
            }
            if (repository.key == nil) == (repository.keyPath == nil) {
                wrong.append(
                    Diagnostic(
                        .conflictingKeys, "a repository needs either `key` or `signed_by`",
                        at: place,
                        help: "Without a key of its own, any trusted key could sign it."))
            }
            return wrong
        })

    private static let word = FieldType.oneLine.checked { text in
        text.isEmpty || text.contains { $0 == " " || $0 == "\t" } ? "it has to be one word" : nil
    }

    /// apt passes over files whose names have anything else.
    private static func nameProblem(_ name: String) -> String? {
        let isValid =
            !name.isEmpty && name.first != "."
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                    UInt8(ascii: "."):
                    true
                default: false
                }
            }
        return isValid ? nil : "apt reads no file named `\(name.visible)`"
    }
}
