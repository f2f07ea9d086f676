/// The blocks in front of an entry's data in a tar archive: POSIX.1-2001, XCU `pax`.
///
/// A plain ustar header where everything fits into it, else one with an extended header in
/// front that holds what does not.
struct TarHeader {
    static let blockSize = 512
    /// Two empty blocks end an archive.
    static let end = [UInt8](repeating: 0, count: 2 * blockSize)

    var entry: ArchiveEntry
    var owner: ArchiveOwner

    var bytes: [UInt8] {
        extended.isEmpty
            ? block(name: path, type: type, size: size)
            : Self.extendedBlocks(extended, of: self) + block(name: path, type: type, size: size)
    }

    /// What fills the last block of an entry of `size` bytes.
    static func padding(after size: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: (blockSize - size % blockSize) % blockSize)
    }

    private var path: String { entry.kind == .directory ? entry.path + "/" : entry.path }

    private var size: Int {
        if case .file(let size) = entry.kind { size } else { 0 }
    }

    private var target: String {
        switch entry.kind {
        case .symlink(let target), .hardlink(let target): target
        default: ""
        }
    }

    private var type: UInt8 {
        switch entry.kind {
        case .file, .special: UInt8(ascii: "0")
        case .hardlink: UInt8(ascii: "1")
        case .symlink: UInt8(ascii: "2")
        case .directory: UInt8(ascii: "5")
        }
    }

    private static let largestSize = 0o77777777777

    private var extended: [(key: String, value: String)] {
        var records: [(key: String, value: String)] = []
        if path.utf8.count > 100 { records.append(("path", path)) }
        if target.utf8.count > 100 { records.append(("linkpath", target)) }
        if size > Self.largestSize { records.append(("size", String(size))) }
        if owner.user.utf8.count > 31 { records.append(("uname", owner.user)) }
        if owner.group.utf8.count > 31 { records.append(("gname", owner.group)) }
        return records
    }

    private static func extendedBlocks(
        _ records: [(key: String, value: String)], of header: TarHeader
    ) -> [UInt8] {
        let data = records.flatMap { record(key: $0.key, value: $0.value) }
        return header.block(name: "PaxHeaders/entry", type: UInt8(ascii: "x"), size: data.count)
            + data + padding(after: data.count)
    }

    /// "length key=value\n", where the length counts its own digits too.
    private static func record(key: String, value: String) -> [UInt8] {
        let rest = Array(" \(key)=\(value)\n".utf8)
        var length = rest.count + 1
        while String(length).utf8.count + rest.count != length {
            length = String(length).utf8.count + rest.count
        }
        return Array(String(length).utf8) + rest
    }

    private func block(name: String, type: UInt8, size: Int) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        func put(_ text: String, at offset: Int, length: Int) {
            for (index, byte) in text.utf8.prefix(length).enumerated() {
                block[offset + index] = byte
            }
        }
        func put(octal number: Int, at offset: Int, length: Int) {
            let digits = String(number, radix: 8)
            put(
                String(repeating: "0", count: max(0, length - 1 - digits.count)) + digits,
                at: offset, length: length - 1)
        }
        put(name, at: 0, length: 100)
        put(octal: entry.mode, at: 100, length: 8)
        put(octal: owner.userNumber, at: 108, length: 8)
        put(octal: owner.groupNumber, at: 116, length: 8)
        put(octal: size > Self.largestSize ? 0 : size, at: 124, length: 12)
        put(octal: min(entry.modified, Self.largestSize), at: 136, length: 12)
        block[156] = type
        put(target, at: 157, length: 100)
        put("ustar", at: 257, length: 6)
        put("00", at: 263, length: 2)
        put(owner.user, at: 265, length: 31)
        put(owner.group, at: 297, length: 31)
        // The sum is taken with spaces in its own field.
        put("        ", at: 148, length: 8)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(octal: sum, at: 148, length: 7)
        block[154] = 0
        block[155] = UInt8(ascii: " ")
        return block
    }
}

/// Whom everything of an archive is to belong to: `tar` looks names up on the host.
public struct ArchiveOwner: Hashable, Sendable {
    /// Empty where only the number counts.
    let user: String
    let group: String
    let userNumber: Int
    let groupNumber: Int

    /// - Parameters: names or numbers; `nil` for root's.
    public init(user: String? = nil, group: String? = nil) {
        let largest = 0o7777777
        userNumber = user.flatMap { Int($0) }.map { min($0, largest) } ?? 0
        groupNumber = group.flatMap { Int($0) }.map { min($0, largest) } ?? 0
        self.user = user.flatMap { Int($0) == nil ? $0 : nil } ?? ""
        self.group = group.flatMap { Int($0) == nil ? $0 : nil } ?? ""
    }
}
