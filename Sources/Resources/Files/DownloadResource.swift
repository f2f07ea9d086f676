public import Hosts
public import Schema
import TaskGraph
public import Vocabulary

/// A file that the host fetches from a URL, with a content that is known beforehand.
public struct DownloadResource: Resource, HasFileAttributes {
    var url = SecretText("")
    var sha256 = ""
    var path = ""
    var attributes = FileAttributes()
    var proxy: String?
    var timeout = Duration.seconds(600)

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        The file that stood there is put back from what the host keeps, or the new one removed.
        """)

    public static let schema = Schema<DownloadResource>(
        "download",
        summary: "A file that the host fetches from a URL, with a content known beforehand.",
        details: """
            The host fetches it itself, with curl, wget or apt's own helper, whichever it has. \
            What came is hashed before it is put in place; anything else than the SHA-256 given \
            here is thrown away, so it does not matter whom the bytes came from. A file that has \
            the digest is not fetched again, and is hashed on each run.
            """,
        fields: [
            .required(
                "url", \.url, .fetchedURL,
                "Where it is fetched from; may be a secret. Credentials in it are never shown."),
            .required(
                "sha256", \.sha256, .sha256, "Its SHA-256: 64 hexadecimal digits."),
            .required("path", \.path, .absolutePath, "Where the file is."),
        ]
            + attributeFields(mode: "Its permissions; otherwise as they are, 0644 when it is new.")
            + [
                .optional(
                    "proxy", \.proxy, .singleLine,
                    "A proxy for both http and https: `http://proxy:3128`."),
                .optional(
                    "timeout", \.timeout, .duration, default: "10 min",
                    "How long fetching it may take."),
            ],
        example: """
            url: https://github.com/prometheus/node_exporter/releases/download/v1.8.2/sha256sums.txt
            sha256: 4ae1f5f4d2b4f3b3e3f6f4a9a1f0c7f0b1c3a2d4e5f60718293a4b5c6d7e8f90
            path: /usr/local/share/node_exporter.sha256sums
            mode: "0644"
            """)

    public var thing: HostThing? { .path(path) }

    public var follows: [HostThing] { [.path(path.parentPath)] + attributes.follows }

    public func fingerprint(_ files: any PlaybookFiles) throws(Diagnostics) -> String {
        "present \(attributes.fingerprint) content=\(sha256)"
    }

    public func questions(
        _ detail: PlanDetail, _ files: any PlaybookFiles
    ) throws(Diagnostics) -> [any Probe] {
        [PathProbe(path), PathProbe(path.parentPath), digest]
    }

    private var digest: DigestProbe { DigestProbe(path, expectedSize: nil) }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let status = try context.status(of: path)
        switch status?.kind {
        case .file: break
        case nil: try context.demandParent(of: path)
        case let kind?: throw context.wrongKind(path, kind, wanted: "a file")
        }
        let attributeChanges = attributes.changes(from: status)
        var present: String?
        if case .sha256(let found) = try context.answers.answer(digest) { present = found }
        if status != nil, present == sha256 {
            guard !attributeChanges.isEmpty else { return .unchanged }
            let prior = try context.prior(
                of: Endangered(path: path, status: status, isRewritten: false))
            return ResourcePlan(
                changes: attributeChanges,
                action: Action(
                    script: attributes.script(for: path), finish: FileFailure(path: path).finish),
                undo: [prior.step(leaving: .file(path, sha256: nil, attributes))])
        }
        let change = Change(
            status == nil ? .create : .update, "content",
            before: present.map { "SHA-256 \($0)" },
            after: "SHA-256 \(sha256), from \(url.shown.visible)")
        let attributes = attributes.inheriting(from: status, default: 0o644)
        let prior = try context.prior(
            of: Endangered(path: path, status: status, sha256: present))
        let replacement = FileReplacement(
            path: path, content: .unshown([]), attributes: attributes, prior: prior,
            stateDirectory: context.stateDirectory)
        return ResourcePlan(
            changes: [change] + attributeChanges, action: action(replacement),
            undo: [prior.step(leaving: .file(path, sha256: sha256, attributes))])
    }

    private func action(_ replacement: FileReplacement) -> Action {
        let fetch = Fetch(url: url, sha256: sha256, proxy: proxy)
        return Action(
            script: replacement.script(opening: true, filling: [fetch.filling]),
            options: ScriptOptions(lane: .slow, timeout: timeout),
            finish: { result throws(ActionError) in
                try fetch.judge(result)
                return try FileFailure(path: path).finish(result)
            })
    }
}

extension FieldType where Output == String {
    /// 64 hexadecimal digits, in lowercase when they are read.
    static var sha256: FieldType<String> {
        FieldType<String>.text.checked { digest in
            digest.utf8.count == 64 && digest.allSatisfy(\.isHexDigit)
                ? nil : "a SHA-256 is 64 hexadecimal digits"
        }.map("SHA-256, hexadecimal") { digest, _ in digest.lowercased() }
    }
}

extension FieldType where Output == SecretText {
    /// A URL of http or https, which is a secret where it names a user.
    fileprivate static var fetchedURL: FieldType<SecretText> {
        FieldType<SecretText>.secretText.checked { url in
            url.withExposed { text in
                let isURL = text.hasPrefix("https://") || text.hasPrefix("http://")
                return isURL
                    && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
                    ? nil : "an http:// or https:// URL is needed"
            }
        }.map("http or https URL, may be a secret") { url, _ in
            url.withExposed { text in
                let authority = text.drop { $0 != "/" }.drop { $0 == "/" }.prefix { $0 != "/" }
                return authority.contains("@") && !url.isSensitive
                    ? SecretText(Sensitive(text)) : url
            }
        }
    }
}
