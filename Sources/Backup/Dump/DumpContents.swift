/// A dump's header and table of contents, read as they come.
struct DumpContents {
    private(set) var header: DumpHeader?
    private(set) var entries: [DumpEntry] = []
    private(set) var integerSize = 4
    private var offsetSize = 8
    private var rest = 0
    /// What is not read yet.
    private var pending: [UInt8] = []
    /// Where `pending` begins in the dump.
    private var offset = 0

    static let mark = Array("PGDMP".utf8)

    /// - Returns: what stands behind the table of contents; `nil` while that has not ended.
    mutating func add(_ bytes: [UInt8]) throws(DumpError) -> [UInt8]? {
        pending += bytes
        var cursor = DumpCursor(pending, at: 0)
        cursor.integerSize = integerSize
        var start = 0
        do throws(DumpCursor.Obstacle) {
            if header == nil {
                try readHeader(&cursor)
                start = cursor.position
            }
            while rest > 0 {
                entries.append(try entry(&cursor))
                rest -= 1
                start = cursor.position
            }
            return Array(pending[start...])
        } catch {
            switch error {
            case .end:
                if let known = flaw { throw known }
                pending.removeFirst(start)
                offset += start
                return nil
            case .malformed(let message):
                throw flaw ?? .malformed(message, offset: offset + cursor.position)
            }
        }
    }

    /// What makes it no use to go on.
    private var flaw: DumpError?

    private mutating func readHeader(_ cursor: inout DumpCursor) throws(DumpCursor.Obstacle) {
        for byte in Self.mark where try cursor.byte() != byte { throw refused(.foreign) }
        let (major, minor) = (try cursor.byte(), try cursor.byte())
        _ = try cursor.byte()
        guard major == 1, minor == 14 else {
            throw refused(.unsupported(version: "\(major).\(minor)"))
        }
        let sizes = (try cursor.byte(), try cursor.byte())
        guard try cursor.byte() == 1 else { throw refused(.foreign) }
        guard sizes.0 == 4, (4...8).contains(sizes.1) else {
            throw .malformed("its numbers have unknown sizes")
        }
        offsetSize = Int(sizes.1)
        guard try cursor.integer() == 0 else { throw refused(.compressed) }
        // The local time: seven numbers.
        for _ in 0..<7 { _ = try cursor.integer() }
        let database = try cursor.text() ?? ""
        let server = try cursor.text() ?? ""
        let program = try cursor.text() ?? ""
        let count = try cursor.integer()
        guard count >= 0 else { throw .malformed("it has less than no entries") }
        rest = count
        header = DumpHeader(database: database, serverVersion: server, programVersion: program)
    }

    private mutating func refused(_ error: DumpError) -> DumpCursor.Obstacle {
        flaw = error
        return .malformed("")
    }

    private func entry(_ cursor: inout DumpCursor) throws(DumpCursor.Obstacle) -> DumpEntry {
        let id = try cursor.integer()
        let hasData = try cursor.integer() != 0
        // The catalog's table and row.
        try cursor.skipText()
        try cursor.skipText()
        let tag = try cursor.text() ?? ""
        let kind = try cursor.text() ?? ""
        _ = try cursor.integer()  // section
        try cursor.skipText()  // definition
        try cursor.skipText()  // how it is dropped
        let copy = try cursor.text()
        let namespace = try cursor.text()
        try cursor.skipText()  // tablespace
        try cursor.skipText()  // access method
        try cursor.skipText()  // owner
        try cursor.skipText()  // with oids
        var dependencies: [Int] = []
        while let text = try cursor.text() {
            guard let dependency = Int(text) else { throw .malformed("a dependency is no number") }
            dependencies.append(dependency)
        }
        try cursor.skip(1 + offsetSize)
        return DumpEntry(
            id: id, tag: tag, kind: kind, namespace: namespace == "" ? nil : namespace,
            dependencies: dependencies, hasData: hasData, isCopied: copy?.isEmpty == false,
            copyStatement: copy?.isEmpty == false ? copy : nil)
    }
}
