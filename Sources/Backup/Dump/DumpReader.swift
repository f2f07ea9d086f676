/// Reads a dump in pg_dump's custom format (`-Fc -Z0`, format 1.14: PostgreSQL 12 to 15) as it
/// passes by: what is in it, and how many rows with which checksum each table has.
///
/// It never goes back, and its memory grows with the table of contents alone. Source:
/// `pg_backup_custom.c` of PostgreSQL 15.
public struct DumpReader: Sendable {
    public var header: DumpHeader? { contents.header }
    /// All of them, once data come.
    public var entries: [DumpEntry] { contents.entries }
    /// By dump id: the rows of tables, and of `BLOBS` each large object as a row of its number
    /// (eight bytes, from the least) and contents.
    public private(set) var rows: [Int: RowSummary] = [:]

    private var contents = DumpContents()
    private var byID: [Int: DumpEntry] = [:]
    private var phase = Phase.contents
    /// Bytes of a number that has begun.
    private var begun: [UInt8] = []
    private var offset = 0

    private enum Phase {
        case contents
        /// What kind of data comes next.
        case block
        case id(Kind)
        case length(Target)
        case data(Target, rest: Int)
        case object(id: Int, objects: RowSummary)
    }

    private enum Kind: UInt8 {
        case rows = 1
        case largeObjects = 3
    }

    private enum Target {
        case table(id: Int, RowSummer)
        case object(id: Int, objects: RowSummary, XXH64)
    }

    public init() {}

    public mutating func add(_ bytes: [UInt8]) throws(DumpError) {
        var start = 0
        if case .contents = phase {
            guard let rest = try contents.add(bytes) else {
                offset += bytes.count
                return
            }
            byID = Dictionary(entries.map { ($0.id, $0) }) { first, _ in first }
            phase = .block
            // What was pending ended within the contents: what remains is the end of these bytes.
            start = bytes.count - rest.count
        }
        try addBehindContents(bytes, from: start)
    }

    /// - Throws: when it is not whole: the end of a dump is marked by nothing, but its table of
    ///   contents says what has to come.
    public mutating func finish() throws(DumpError) {
        switch phase {
        case .contents where offset == 0: throw .foreign
        case .block where begun.isEmpty: break
        default: throw .truncated(offset: offset)
        }
        for entry in entries where entry.hasData && rows[entry.id] == nil {
            throw .missingData(of: entry.name)
        }
    }

    private mutating func addBehindContents(
        _ bytes: [UInt8], from start: Int
    ) throws(DumpError) {
        var failure: DumpError?
        bytes.withUnsafeBytes { all in
            var position = start
            do throws(DumpError) {
                while position < all.count {
                    position += try step(UnsafeRawBufferPointer(rebasing: all[position...]))
                }
            } catch {
                failure = error
            }
        }
        offset += bytes.count
        if let failure { throw failure }
    }

    /// - Returns: how many bytes were used.
    private mutating func step(_ bytes: UnsafeRawBufferPointer) throws(DumpError) -> Int {
        switch phase {
        case .contents: return 0
        case .data(let target, let rest):
            // Taken out, so that nothing is copied for being held twice.
            phase = .block
            let part = UnsafeRawBufferPointer(rebasing: bytes.prefix(rest))
            let next = Self.adding(part, to: target)
            phase = part.count == rest ? .length(next) : .data(next, rest: rest - part.count)
            return part.count
        case .block:
            guard let kind = Kind(rawValue: bytes[0]) else {
                throw .malformed("data of an unknown kind come", offset: offset)
            }
            phase = .id(kind)
            return 1
        case .id, .length, .object:
            let size = contents.integerSize + 1
            if begun.isEmpty, bytes.count >= size {
                try take(DumpCursor.integer(bytes, size - 1))
                return size
            }
            let part = bytes.prefix(size - begun.count)
            begun += part
            if begun.count == size {
                let number = begun.withUnsafeBytes { DumpCursor.integer($0, size - 1) }
                begun.removeAll(keepingCapacity: true)
                try take(number)
            }
            return part.count
        }
    }

    private static func adding(_ bytes: UnsafeRawBufferPointer, to target: Target) -> Target {
        switch target {
        case .table(let id, var rows):
            rows.add(bytes)
            return .table(id: id, rows)
        case .object(let id, let objects, var hash):
            hash.add(bytes)
            return .object(id: id, objects: objects, hash)
        }
    }

    private mutating func take(_ number: Int?) throws(DumpError) {
        guard let number else { throw .malformed("a number has no sign", offset: offset) }
        switch phase {
        case .id(let kind): try begin(kind, number)
        case .length(let target):
            guard number >= 0 else {
                throw .malformed("less than nothing comes", offset: offset)
            }
            if number > 0 { phase = .data(target, rest: number) } else { try end(target) }
        case .object(let id, let objects):
            guard number != 0 else {
                rows[id] = objects
                phase = .block
                return
            }
            var hash = XXH64()
            withUnsafeBytes(of: UInt64(truncatingIfNeeded: number).littleEndian) { hash.add($0) }
            phase = .length(.object(id: id, objects: objects, hash))
        case .contents, .block, .data: return
        }
    }

    private mutating func begin(_ kind: Kind, _ id: Int) throws(DumpError) {
        guard let entry = byID[id], entry.hasData else {
            throw .malformed("data come that nothing names", offset: offset)
        }
        guard rows[id] == nil else {
            throw .malformed("the data of \(entry.name) come twice", offset: offset)
        }
        switch kind {
        case .rows:
            guard entry.isCopied else { throw .notCopied(entry.name) }
            phase = .length(.table(id: id, RowSummer(isMarked: true)))
        case .largeObjects: phase = .object(id: id, objects: RowSummary())
        }
    }

    private mutating func end(_ target: Target) throws(DumpError) {
        switch target {
        case .table(let id, let summer):
            guard summer.isComplete else {
                throw .malformed(
                    "the rows of \(byID[id]?.name ?? "a table") have no end", offset: offset)
            }
            rows[id] = summer.rows
            phase = .block
        case .object(let id, var objects, var hash):
            objects.add(hash.finish())
            phase = .object(id: id, objects: objects)
        }
    }
}

extension DumpReader {
    /// The tables whose rows it has, in the order of the table of contents.
    public var tables: [(entry: DumpEntry, rows: RowSummary)] {
        entries.compactMap { entry in
            guard entry.kind == "TABLE DATA", let rows = rows[entry.id] else { return nil }
            return (entry, rows)
        }
    }
}
