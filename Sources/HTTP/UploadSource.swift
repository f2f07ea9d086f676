internal import CLibCurl
internal import Glibc

/// What a transfer sends, as libcurl takes it.
struct UploadSource {
    private enum Content {
        case bytes([UInt8])
        /// Pieces of a stream, of which the first is being taken.
        case pieces([[UInt8]], isEnded: Bool)
    }

    private var content: Content
    /// Within the bytes, or the first piece.
    private var offset = 0
    private(set) var taken = 0
    private(set) var isAbandoned = false

    init(_ body: HTTPBody) {
        content =
            switch body {
            case .none: .bytes([])
            case .bytes(let bytes): .bytes(bytes)
            case .stream: .pieces([], isEnded: false)
            }
    }

    /// One piece is on its way, and one waits: the stream has time to make the next.
    var isFull: Bool {
        if case .pieces(let pieces, _) = content { pieces.count >= 2 } else { true }
    }

    mutating func add(_ piece: [UInt8]) {
        guard case .pieces(var pieces, let isEnded) = content, !piece.isEmpty else { return }
        content = .bytes([])  // so that `pieces` is not copied
        pieces.append(piece)
        content = .pieces(pieces, isEnded: isEnded)
    }

    mutating func end() {
        guard case .pieces(let pieces, _) = content else { return }
        content = .pieces(pieces, isEnded: true)
    }

    /// The server has refused the request: the rest is not sent.
    mutating func abandon() {
        content = .pieces([], isEnded: true)
        isAbandoned = true
    }

    enum Supply {
        case bytes(Int)
        case nothingYet
    }

    /// Fills `buffer`, as far as there is something; no bytes are the end.
    mutating func supply(_ buffer: UnsafeMutableRawBufferPointer) -> Supply {
        switch content {
        case .bytes(let bytes): return .bytes(copy(bytes, to: buffer))
        case .pieces(let pieces, let isEnded):
            guard let first = pieces.first else { return isEnded ? .bytes(0) : .nothingYet }
            let count = copy(first, to: buffer)
            if offset == first.count {
                content = .pieces(Array(pieces.dropFirst()), isEnded: isEnded)
                offset = 0
            }
            return .bytes(count)
        }
    }

    private mutating func copy(
        _ bytes: [UInt8], to buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        let count = min(buffer.count, bytes.count - offset)
        bytes.withUnsafeBytes { source in
            buffer.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + count]))
        }
        offset += count
        taken += count
        return count
    }

    /// Goes back to the beginning; whether that is possible.
    mutating func rewind() -> Bool {
        guard taken > 0 else { return true }
        guard case .bytes = content else { return false }
        offset = 0
        taken = 0
        return true
    }
}
