internal import Glibc

/// Takes one stream of a shell apart into what belongs to which script.
struct FrameReader {
    enum Event {
        /// The shell is there. The number of its process group, on standard output.
        case ready(group: Int?)
        case begin(Int)
        /// Belongs to the script that began last.
        case bytes(ArraySlice<UInt8>)
        /// The status, on standard output.
        case end(Int, status: Int32?)
    }

    /// A line of the framing that cannot be one.
    struct Malformed: Error {}

    /// Longer than any line of the framing.
    private static let longestLine = 64
    private static let keptNoise = 4096

    private let mark: [UInt8]
    private var pending: [UInt8] = []
    private var isInside = false
    /// The end of what was printed outside of all scripts: why a shell did not start.
    private(set) var noise: [UInt8] = []

    init(mark: [UInt8]) {
        self.mark = mark
    }

    mutating func feed(
        _ chunk: [UInt8], _ handle: (Event) throws -> Void
    ) throws {
        // Most often nothing is left over, and the chunk is taken as it is.
        if pending.isEmpty { pending = chunk } else { pending += chunk }
        let buffer = pending
        var position = 0
        while let start = find(in: buffer, from: position) {
            try pass(buffer[position..<start], handle)
            position = start
            let head = start + mark.count
            guard let end = buffer[head...].firstIndex(of: UInt8(ascii: "\n")) else {
                if buffer.count - head > Self.longestLine { throw Malformed() }
                pending = Array(buffer[position...])
                return
            }
            try take(buffer[head..<end], handle)
            position = end + 1
        }
        // A mark may have begun at the very end.
        let kept = max(position, buffer.count - mark.count + 1)
        try pass(buffer[position..<kept], handle)
        pending = Array(buffer[kept...])
    }

    /// Nothing more comes: what looked like the beginning of a mark was none.
    mutating func finish(_ handle: (Event) throws -> Void) throws {
        let rest = pending
        pending = []
        try pass(rest[...], handle)
    }

    private mutating func pass(
        _ bytes: ArraySlice<UInt8>, _ handle: (Event) throws -> Void
    ) rethrows {
        guard !bytes.isEmpty else { return }
        if isInside {
            try handle(.bytes(bytes))
        } else {
            noise += bytes.suffix(Self.keptNoise)
            if noise.count > 2 * Self.keptNoise { noise = Array(noise.suffix(Self.keptNoise)) }
        }
    }

    private mutating func take(
        _ line: ArraySlice<UInt8>, _ handle: (Event) throws -> Void
    ) throws {
        let words = String(decoding: line, as: UTF8.self).split(separator: " ")
        switch words.first {
        case "h": try handle(.ready(group: words.count > 1 ? Int(words[1]) : nil))
        case "b":
            guard !isInside, words.count == 2, let number = Int(words[1]) else { throw Malformed() }
            isInside = true
            try handle(.begin(number))
        case "e":
            guard isInside, words.count >= 2, let number = Int(words[1]) else { throw Malformed() }
            isInside = false
            try handle(.end(number, status: words.count > 2 ? Int32(words[2]) : nil))
        default: throw Malformed()
        }
    }

    private func find(in buffer: [UInt8], from start: Int) -> Int? {
        buffer.withUnsafeBufferPointer { bytes in
            mark.withUnsafeBufferPointer { mark in
                guard let first = mark.first, let wanted = mark.baseAddress else { return nil }
                var position = start
                while position + mark.count <= bytes.count {
                    let rest = UnsafeBufferPointer(rebasing: bytes[position...])
                    guard let found = rest.firstIndex(of: first) else { return nil }
                    position += found
                    guard position + mark.count <= bytes.count, let base = bytes.baseAddress else {
                        return nil
                    }
                    if memcmp(base + position, wanted, mark.count) == 0 { return position }
                    position += 1
                }
                return nil
            }
        }
    }
}
