public import Age
public import Schema
public import Vocabulary

/// What `secrets.age` holds once it is opened.
public struct SecretsContent: Sendable {
    /// Random, and the same for as long as the file is changed and not made anew.
    public var lineage: String
    /// Increases with every write.
    public var serial: Int
    /// Whom it was encrypted to. It is kept inside too, where only who can read the file can
    /// change it: a line that somebody adds to recipients.txt is noticed before anything is
    /// encrypted to it.
    public var recipients: [Recipient]
    /// Sorted by name.
    public var credentials: [Credential]
    /// The last version of what was removed: a credential of the same name goes on from there.
    public var retired: [String: Int]

    /// What the playbooks are filled in with.
    public var opened: Credentials {
        Credentials(lineage: lineage, serial: serial, credentials)
    }

    public subscript(name: String) -> Credential? { credentials.first { $0.name == name } }

    /// Before the first write.
    public static func new() -> SecretsContent {
        var generator = SystemRandomNumberGenerator()
        return SecretsContent(
            lineage: String(generator.next() as UInt64, radix: 36), serial: 0, recipients: [],
            credentials: [], retired: [:])
    }
}

/// What somebody wants to be different.
public struct SecretsChange: Sendable {
    /// By name; `nil` removes.
    public var values: [String: Sensitive<String>?] = [:]
    /// `nil` leaves them.
    public var recipients: [Recipient]?

    public init(
        values: [String: Sensitive<String>?] = [:], recipients: [Recipient]? = nil
    ) {
        self.values = values
        self.recipients = recipients
    }

    /// The names of which the value would become another one than it is in `content`.
    public func names(changing content: SecretsContent) -> [String] {
        values.keys.filter { name in
            !Self.isSame(values[name] ?? nil, content[name]?.value)
        }.sorted()
    }

    /// The names that somebody else has changed since `base`, to something else than is wanted.
    func conflicts(from base: SecretsContent, to present: SecretsContent) -> [String] {
        names(changing: present).filter { name in
            !Self.isSame(base[name]?.value, present[name]?.value)
                || base[name]?.version != present[name]?.version
        }
    }

    /// The content with the change made to it. Versions increase of what changes, only.
    func applied(to content: SecretsContent, by author: String?, at time: String) -> SecretsContent
    {
        var result = content
        result.serial += 1
        if let recipients { result.recipients = recipients }
        for name in names(changing: content) {
            let old = content[name]
            result.credentials.removeAll { $0.name == name }
            if let value = values[name] ?? nil {
                let last = old?.version ?? content.retired[name] ?? 0
                result.retired[name] = nil
                result.credentials.append(
                    Credential(
                        name, version: last + 1, changed: time, author: author,
                        mark: String(UInt64.random(in: 0...UInt64.max), radix: 36), value: value))
            } else if let old {
                result.retired[name] = old.version
            }
        }
        result.credentials.sort { $0.name < $1.name }
        return result
    }

    private static func isSame(_ left: Sensitive<String>?, _ right: Sensitive<String>?) -> Bool {
        switch (left, right) {
        case (nil, nil): true
        case (let left?, let right?):
            left.withExposed { left in
                right.withExposed { left.utf8.elementsEqual($0.utf8) }
            }
        default: false
        }
    }
}
