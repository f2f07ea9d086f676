import CLibZstd
import Vocabulary

/// Reads zstd frames (RFC 8878), one behind the other, as they come. It blocks.
struct ZstdDecompressor: ~Copyable {
    private let context: OpaquePointer
    private let limit: ByteCount?
    private var input: [UInt8] = []
    private var position = 0
    private var count = 0
    /// Whether the last frame has ended; `nil` before the first.
    private var isAtEnd: Bool?
    /// The last call filled what it was given: there may be more without further input.
    private var mayHoldMore = false

    /// - Parameter limit: how much may come out; `nil` for any amount.
    init(limit: ByteCount?) throws(ArchiveError) {
        guard let context = ZSTD_createDCtx() else {
            throw ArchiveError(.unreadable, "there is no memory to decompress with")
        }
        self.context = context
        self.limit = limit
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// Takes the next bytes, when all before them is used up.
    mutating func feed(_ bytes: [UInt8]) {
        input = bytes
        position = 0
    }

    /// The next bytes of what was compressed, at most 128 KiB; `nil` when more must be fed.
    mutating func next() throws(ArchiveError) -> [UInt8]? {
        while position < input.count || mayHoldMore {
            var result = 0
            let bytes = Zstd.filled { target in
                input.withUnsafeBytes { source in
                    var buffer = ZSTD_inBuffer(
                        src: source.baseAddress, size: source.count, pos: position)
                    result = ZSTD_decompressStream(context, &target, &buffer)
                    position = buffer.pos
                }
            }
            try Zstd.check(result)
            isAtEnd = result == 0
            mayHoldMore = bytes.count == Zstd.stepSize && result != 0
            count += bytes.count
            if let limit, count > limit.bytes {
                throw ArchiveError(.tooLarge, "it expands to more than \(limit)")
            }
            if !bytes.isEmpty { return bytes }
        }
        return nil
    }

    /// - Throws: when what was fed is not whole.
    func finish() throws(ArchiveError) {
        guard let isAtEnd else { throw ArchiveError(.unreadable, "it is empty") }
        guard isAtEnd else { throw ArchiveError(.unreadable, "it is cut off") }
    }
}
