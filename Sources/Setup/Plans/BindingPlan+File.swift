import Crypto
import Loop
import Record
import TaskGraph
public import Vocabulary

/// The file of a plan: JSON, for people and `jq` too. Its last member is a checksum of all
/// others: what was cut off, or edited, is no plan any more.
extension BindingPlan {
    static let format = "finflowctl-plan"
    static let version = 1
    static let largest = ByteCount.mebibytes(256)

    /// - Throws: `SystemError`
    public func write(to path: String) async throws {
        try await WholeFile(checking: path).write(Array(text.utf8))
    }

    /// - Throws: `Diagnostics`: it cannot be read, or is no plan of ours.
    public static func read(_ path: String) async throws -> BindingPlan {
        let bytes: [UInt8]
        do {
            bytes = try await WholeFile.read(path, atMost: largest)
        } catch {
            throw Diagnostics([
                Diagnostic(
                    .badPlanFile, "the plan `\(path.visible)` cannot be read: \(error.reason)")
            ])
        }
        var plan = try BindingPlan(parsing: bytes, named: path)
        plan.source = RecordedPlan(path: path, sha256: SHA256.hash(data: bytes).hexadecimal)
        return plan
    }

    public var text: String {
        let body = body
        return JSON.object(body + [.init("checksum", .string(Self.checksum(of: body)))]).pretty
            + "\n"
    }

    static func checksum(of body: [JSON.Member]) -> String {
        SHA256.hash(data: Array(JSON.object(body).line.utf8)).hexadecimal
    }

    private var body: [JSON.Member] {
        [
            .init("format", .string(Self.format)), .init("version", .int(Self.version)),
            .init("run", .string(run.rawValue)), .init("at", .string(time.description)),
            .init("user", .string(user)), .init("from", .string(machine)),
            .init("environment", .string(environment)),
            .init("limit", selection.limit.map(JSON.string) ?? .null),
            .init("tags", .array(selection.tags.map(JSON.string))),
            .init("skip_tags", .array(selection.skipTags.map(JSON.string))),
            .init("salt", .string(salt)), .init("assignments", Self.object(assignments)),
            .init("files", Self.object(files)), .init("tasks", .array(tasks.map(\.json))),
        ]
    }

    fileprivate static func object(_ texts: [String: String]) -> JSON {
        .object(texts.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
    }

    public init(parsing bytes: [UInt8], named path: String) throws(Diagnostics) {
        func bad(_ why: String) -> Diagnostics {
            Diagnostics([
                Diagnostic(
                    .badPlanFile, "`\(path.visible)` \(why)",
                    help: "Make it anew with `finflowctl plan --out FILE`.")
            ])
        }
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: bytes)
        } catch {
            throw bad("is no plan, or not the whole of one: \(error.message), byte \(error.offset)")
        }
        guard json["format"]?.string == Self.format else {
            throw bad("is no plan of finflowctl")
        }
        guard let version = json["version"]?.int else { throw bad("is no plan of finflowctl") }
        guard version == Self.version else {
            throw bad(
                "has version \(version) of the format, and this finflowctl reads \(Self.version)")
        }
        guard var members = json.members, let last = members.popLast(), last.name == "checksum",
            last.value.string == Self.checksum(of: members)
        else { throw bad("was edited or damaged: its checksum is another one") }
        guard let plan = BindingPlan(json) else { throw bad("lacks something that a plan has") }
        self = plan
    }

    private init?(_ json: JSON) {
        guard let run = json["run"]?.string.flatMap(RunID.init), let user = json["user"]?.string,
            let machine = json["from"]?.string, let environment = json["environment"]?.string,
            let tags = json["tags"]?.strings, let skipTags = json["skip_tags"]?.strings,
            let salt = json["salt"]?.string, let assignments = json["assignments"]?.texts,
            let files = json["files"]?.texts, let entries = json["tasks"]?.array
        else { return nil }
        let tasks = entries.compactMap(Planned.init)
        guard tasks.count == entries.count else { return nil }
        self.init(
            run: run, user: user, machine: machine, environment: environment,
            selection: Selection(limit: json["limit"]?.string, tags: tags, skipTags: skipTags),
            tasks: tasks, salt: salt, assignments: assignments, files: files)
    }
}

extension BindingPlan.Planned {
    fileprivate var json: JSON {
        .object(compact: [
            ("task", .string(id.rawValue)), ("host", .string(host)), ("title", .string(title)),
            ("place", place.map(JSON.string)), ("status", .string(status.rawValue)),
            ("known_only_later", isLater ? true : nil),
            ("origin", origin.map { .string($0.rawValue) }),
            ("changes", .array(changes.map(\.whole))),
            ("declaration", declaration.map(JSON.string)), ("state", state.map(JSON.string)),
            ("observed", BindingPlan.object(observed)),
            ("credentials", .array(credentials.map(JSON.string))),
        ])
    }

    fileprivate init?(_ json: JSON) {
        guard let task = json["task"]?.string, let host = json["host"]?.string,
            let title = json["title"]?.string,
            let status = json["status"]?.string.flatMap(Status.init(rawValue:)),
            let entries = json["changes"]?.array, let observed = json["observed"]?.texts,
            let credentials = json["credentials"]?.strings
        else { return nil }
        let changes = entries.compactMap(Change.init)
        guard changes.count == entries.count else { return nil }
        self.init(
            id: TaskID(task), title: title, host: host, place: json["place"]?.string,
            status: status, changes: changes, isLater: json["known_only_later"]?.bool ?? false,
            origin: json["origin"]?.string.flatMap(ChangeOrigin.init(rawValue:)),
            declaration: json["declaration"]?.string, state: json["state"]?.string,
            observed: observed, credentials: credentials)
    }
}

extension Change {
    /// Not cut off, unlike what a journal keeps.
    fileprivate var whole: JSON {
        .object(compact: [
            ("kind", .string(kind.rawValue)), ("what", .string(what)),
            ("before", before.map(JSON.string)), ("after", after.map(JSON.string)),
        ])
    }

    fileprivate init?(_ json: JSON) {
        guard let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)),
            let what = json["what"]?.string
        else { return nil }
        self.init(kind, what, before: json["before"]?.string, after: json["after"]?.string)
    }
}

extension JSON {
    fileprivate var strings: [String]? {
        guard let array else { return nil }
        let texts = array.compactMap(\.string)
        return texts.count == array.count ? texts : nil
    }

    /// The members of an object of texts.
    fileprivate var texts: [String: String]? {
        guard let members else { return nil }
        var result: [String: String] = [:]
        for member in members {
            guard let text = member.value.string else { return nil }
            result[member.name] = text
        }
        return result
    }
}
