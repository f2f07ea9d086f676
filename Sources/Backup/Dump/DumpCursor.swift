/// Reads the parts of a dump's header and table of contents from bytes that may not be all there
/// yet. Source: `pg_backup_archiver.c` of PostgreSQL 15, `WriteHead`, `WriteToc`.
struct DumpCursor {
    /// There is not enough yet, or what is there is no such part.
    enum Obstacle: Error {
        case end
        case malformed(String)
    }

    /// No definition is as long.
    private static let textLimit = 256 << 20

    let bytes: [UInt8]
    var position: Int
    var integerSize = 4

    init(_ bytes: [UInt8], at position: Int) {
        self.bytes = bytes
        self.position = position
    }

    mutating func byte() throws(Obstacle) -> UInt8 {
        guard position < bytes.count else { throw .end }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func skip(_ count: Int) throws(Obstacle) {
        guard bytes.count - position >= count else { throw .end }
        position += count
    }

    /// A byte for the sign, and the bytes of the number from the least.
    mutating func integer() throws(Obstacle) -> Int {
        guard bytes.count - position > integerSize else { throw .end }
        let value = bytes.withUnsafeBytes { all in
            Self.integer(UnsafeRawBufferPointer(rebasing: all[position...]), integerSize)
        }
        guard let value else { throw .malformed("a number has no sign") }
        position += integerSize + 1
        return value
    }

    @inline(__always)
    static func integer(_ bytes: UnsafeRawBufferPointer, _ size: Int) -> Int? {
        guard bytes[0] <= 1 else { return nil }
        var value = 0
        for index in (1...size).reversed() { value = value << 8 | Int(bytes[index]) }
        return bytes[0] == 1 ? -value : value
    }

    /// `nil` for one that is not there.
    mutating func text() throws(Obstacle) -> String? {
        let count = try integer()
        guard count >= 0 else { return nil }
        guard count <= Self.textLimit else { throw .malformed("a text is too long") }
        guard bytes.count - position >= count else { throw .end }
        defer { position += count }
        // A database that is in another encoding may have any bytes in its names.
        return String(decoding: bytes[position..<position + count], as: UTF8.self)
    }

    mutating func skipText() throws(Obstacle) {
        let count = try integer()
        guard count <= Self.textLimit else { throw .malformed("a text is too long") }
        try skip(max(0, count))
    }
}
