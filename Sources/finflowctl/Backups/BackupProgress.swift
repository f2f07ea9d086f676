import Backup
import Vocabulary

/// How far a snapshot is, from its events.
struct BackupProgress {
    private struct Database {
        var phase = BackupEvent.Phase.connecting
        var tables = 0
        var tablesDone = 0
        /// On the server's disk.
        var size = 0
        var sizeDone = 0
        var last = ""
        /// Of the dumps.
        var bytes = 0
    }

    private var names: [String] = []
    private var databases: [String: Database] = [:]
    private var began: ContinuousClock.Instant?
    private var bytes = 0
    private var sets: [String] = []
    private var proving: (objects: Int, bytes: Int)?
    private var proved = (objects: 0, bytes: 0)
    private var provingBegan: ContinuousClock.Instant?

    mutating func take(_ event: BackupEvent, at now: ContinuousClock.Instant) {
        switch event {
        case .began, .warning, .stored: break
        case .database(let name, let phase):
            if databases[name] == nil { names.append(name) }
            databases[name, default: Database()].phase = phase
            if phase == .dumping, began == nil { began = now }
        case .planned(let name, let tables, let size):
            databases[name]?.tables = tables
            databases[name]?.size = size
        case .table(let name, let table, let rows, let size):
            databases[name]?.tablesDone += 1
            databases[name]?.sizeDone += size
            databases[name]?.last = "\(table.visible), \(counted(rows, "row"))"
        case .bytes(let name, let count):
            databases[name]?.bytes += count
            bytes += count
        case .set(let name): sets.append(name)
        case .proving(let objects, let bytes):
            proving = (objects, bytes)
            provingBegan = now
        case .proved(_, let count):
            proved.objects += 1
            proved.bytes += count
        }
    }

    // MARK: Drawing

    func lines(
        width: Int, room: Int, _ style: Style, at now: ContinuousClock.Instant
    ) -> [BoundedLine] {
        let widest = min(24, width / 3, names.map(\.columns).max() ?? 0)
        var lines = names.filter { databases[$0]?.phase != .done }.prefix(max(0, room - 1))
            .compactMap { name in
                databases[name].map { line(name, $0, widest, width, style) }
            }
        lines.append(total(width, style, now))
        return lines
    }

    private func line(
        _ name: String, _ database: Database, _ widest: Int, _ width: Int, _ style: Style
    ) -> BoundedLine {
        let cells = width >= 60 ? 16 : width >= 34 ? 8 : 0
        let share = database.size == 0 ? 0 : Double(database.sizeDone) / Double(database.size)
        let full = min(cells, Int(Double(cells) * share))
        var line = BoundedLine(width: width)
        line.append(name.clipped(to: widest).padded(to: widest) + " ", style.bold)
        line.append(String(repeating: "━", count: full), style.green)
        line.append(String(repeating: style.isOn ? "━" : "─", count: cells - full), style.dim)
        switch database.phase {
        case .connecting: line.append(" connecting", style.dim)
        case .checking: line.append(" comparing with the database", style.dim)
        case .dumping, .done:
            line.append(" \(database.tablesDone)/\(counted(database.tables, "table"))")
            line.append("  \(ByteCount(database.bytes))  ")
            line.append(database.last, style.dim)
        }
        return line
    }

    private func total(
        _ width: Int, _ style: Style, _ now: ContinuousClock.Instant
    ) -> BoundedLine {
        var line = BoundedLine(width: width)
        if let proving {
            line.append("reading back \(proved.objects) of \(counted(proving.objects, "object"))")
            line.append("  \(ByteCount(proved.bytes)) of \(ByteCount(proving.bytes))", style.dim)
            if let left = rest(of: proving.bytes, proved.bytes, since: provingBegan, now) {
                line.append("  \(left) left", style.dim)
            }
            return line
        }
        if let set = sets.last {
            line.append("archiving \(set.visible)")
            return line
        }
        let done = databases.values.count { $0.phase == .done }
        line.append("\(done) of \(counted(names.count, "database"))", style.bold)
        line.append("  \(ByteCount(bytes))")
        if let began, now - began >= .seconds(1) {
            let rate = Double(bytes) / (now - began).seconds
            line.append("  \(ByteCount(Int(rate)))/s", style.dim)
        }
        let size = databases.values.reduce(0) { $0 + $1.size }
        let sizeDone = databases.values.reduce(0) { $0 + $1.sizeDone }
        if let left = rest(of: size, sizeDone, since: began, now) {
            line.append("  about \(left) left", style.dim)
        }
        return line
    }

    /// In words; `nil` while too little is done to tell. Tables count by what they take on the
    /// server's disk, once they are done.
    private func rest(
        of size: Int, _ done: Int, since began: ContinuousClock.Instant?,
        _ now: ContinuousClock.Instant
    ) -> String? {
        guard let began, size > 0, done < size, now - began >= .seconds(3),
            Double(done) / Double(size) >= 0.05
        else { return nil }
        let seconds = (now - began).seconds * Double(size - done) / Double(done)
        return Duration.seconds(seconds).brief
    }
}
