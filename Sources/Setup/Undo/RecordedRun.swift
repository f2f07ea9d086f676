import Resources
public import TaskGraph
public import Vocabulary

/// What a host remembers of a run that changed it: ``HostJournal``, read.
public struct RecordedRun: Sendable {
    /// Its first line.
    public struct Header: Hashable, Sendable {
        public var run: RunID
        public var command: String
        public var user: String
        /// The machine that it ran on.
        public var machine: String

        /// As the journal begins with it.
        fileprivate var line: String {
            JSON.object([
                .init("version", 1), .init("run", .string(run.rawValue)),
                .init("command", .string(command)), .init("user", .string(user)),
                .init("from", .string(machine)),
            ]).line
        }

        init(_ run: RunID, line: String) {
            let json = try? JSON(parsing: line)
            self.run = run
            command = json?["command"]?.string ?? "?"
            user = json?["user"]?.string ?? "?"
            machine = json?["from"]?.string ?? "?"
        }
    }

    /// Something that the run was about to change, whether it came to it or not.
    public struct Entry: Sendable {
        public var number: Int
        public var task: TaskID
        public var title: String
        var notifies: [TaskID]
        var isHandler: Bool
        var isAsLogin: Bool
        /// Of a task that said `network: true`: how long the host was to wait for a new
        /// connection.
        var revertSeconds: Int?
        var undo: [UndoStep]
        /// How many steps cannot be read.
        var unreadable: Int
    }

    public var header: Header
    public var entries: [Entry]
    /// Lines that are none of ours: cut off by a full disk, or edited.
    public var damagedLines: Int
    /// All other lines.
    var goodLines: [String]

    /// - Parameter later: lines of handlers that later runs have run.
    init(_ run: RunID, text: String, later: String = "") {
        let lines = text.split(separator: "\n").map(String.init)
        header = Header(run, line: lines.first ?? "")
        entries = []
        damagedLines = 0
        goodLines = []
        // A change is made only once its line is written: one that was cut off at the end of the
        // journal tells of none.
        let isCut = !text.hasSuffix("\n")
        for (number, line) in lines.enumerated() {
            guard let json = try? JSON(parsing: line) else {
                if !isCut || number < lines.count - 1 { damagedLines += 1 }
                continue
            }
            goodLines.append(line)
            if number > 0, let entry = Entry(json) { entries.append(entry) }
        }
        entries += handlersStillDue(in: later)
    }

    /// A run that did not come to its handlers left them to a later one. What it changed is in
    /// force since then, so they are as much a part of it as if it had run them itself.
    private func handlersStillDue(in later: String) -> [Entry] {
        var missing = Set(entries.flatMap(\.notifies))
        for entry in entries where entry.isHandler { missing.remove(entry.task) }
        var number = entries.map(\.number).max() ?? 0
        return later.split(separator: "\n").compactMap { line in
            guard let json = try? JSON(parsing: String(line)), var entry = Entry(json),
                entry.isHandler, missing.remove(entry.task) != nil
            else { return nil }
            number += 1
            entry.number = number
            return entry
        }
    }
}

extension RecordedRun {
    /// The first line as it stands, or anew where that is damaged.
    var headerLine: String {
        guard let first = goodLines.first, (try? JSON(parsing: first))?["change"] == nil else {
            return header.line
        }
        return first
    }
}

extension RecordedRun.Entry {
    private static let usualRevertSeconds = 30

    /// `nil` for a line that is not about a change that is to be made.
    fileprivate init?(_ json: JSON) {
        guard let number = json["change"]?.int, let task = json["task"]?.string else { return nil }
        let steps = json["undo"]?.array ?? []
        self.number = number
        self.task = TaskID(task)
        title = json["title"]?.string ?? task
        notifies = (json["notifies"]?.array ?? []).compactMap(\.string).map { TaskID($0) }
        isHandler = json["handler"]?.bool ?? false
        isAsLogin = json["as_login"]?.bool ?? false
        if json["network"]?.bool == true {
            revertSeconds = json["revert_seconds"]?.int ?? Self.usualRevertSeconds
        }
        undo = steps.compactMap { UndoStep($0) }
        unreadable = steps.count - undo.count
    }
}
