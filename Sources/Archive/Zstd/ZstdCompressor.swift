import CLibZstd

/// How much is done to make a stream small.
public struct ZstdOptions: Hashable, Sendable {
    /// 1 to 19; see zstd(1).
    public var level: Int
    /// Threads beside the caller's; none compresses where it is called.
    public var workers: Int

    public init(level: Int = 3, workers: Int = 0) {
        self.level = level
        self.workers = workers
    }
}

/// Writes one zstd frame (RFC 8878) with a checksum of its contents, piece by piece. It blocks.
///
/// libarchive's own filter was measured and is as fast, but lets nobody say how much a thread
/// takes at a time: two threads cost 54 MB there and 10 MB here, for each stream of which there
/// are several at once. Nor can its reader be given bytes as they come.
struct ZstdCompressor: ~Copyable {
    private let context: OpaquePointer

    /// What one worker compresses at a time; the library's choice, 8 MiB, is a matter of memory.
    private static let jobSize = 1 << 20

    init(_ options: ZstdOptions) throws(ArchiveError) {
        guard let context = ZSTD_createCCtx() else {
            throw ArchiveError(.unreadable, "there is no memory to compress with")
        }
        do throws(ArchiveError) {
            try Self.set(ZSTD_c_compressionLevel, options.level, in: context)
            try Self.set(ZSTD_c_checksumFlag, 1, in: context)
            if options.workers > 0 {
                try Self.set(ZSTD_c_nbWorkers, options.workers, in: context)
                try Self.set(ZSTD_c_jobSize, Self.jobSize, in: context)
            }
        } catch {
            ZSTD_freeCCtx(context)
            throw error
        }
        self.context = context
    }

    deinit {
        ZSTD_freeCCtx(context)
    }

    private static func set(
        _ parameter: ZSTD_cParameter, _ value: Int, in context: OpaquePointer
    ) throws(ArchiveError) {
        try Zstd.check(ZSTD_CCtx_setParameter(context, parameter, Int32(clamping: value)))
    }

    /// Appends to `output` what is ready of the frame: often nothing.
    mutating func compress(_ bytes: [UInt8], into output: inout [UInt8]) throws(ArchiveError) {
        try run(bytes, ZSTD_e_continue, &output)
    }

    /// Appends the rest of the frame.
    mutating func finish(into output: inout [UInt8]) throws(ArchiveError) {
        try run([], ZSTD_e_end, &output)
    }

    private func run(
        _ bytes: [UInt8], _ directive: ZSTD_EndDirective, _ output: inout [UInt8]
    ) throws(ArchiveError) {
        var position = 0
        while true {
            var result = 0
            output += Zstd.filled { target in
                bytes.withUnsafeBytes { source in
                    var input = ZSTD_inBuffer(
                        src: source.baseAddress, size: source.count, pos: position)
                    result = ZSTD_compressStream2(context, &target, &input, directive)
                    position = input.pos
                }
            }
            try Zstd.check(result)
            if directive == ZSTD_e_end ? result == 0 : position == bytes.count { return }
        }
    }
}

enum Zstd {
    /// What one call may write.
    static let stepSize = 128 << 10

    static func filled(_ body: (inout ZSTD_outBuffer) -> Void) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: stepSize) { buffer, initialized in
            var target = ZSTD_outBuffer(dst: buffer.baseAddress, size: stepSize, pos: 0)
            body(&target)
            initialized = target.pos
        }
    }

    static func check(_ result: Int) throws(ArchiveError) {
        guard ZSTD_isError(result) != 0 else { return }
        switch ZSTD_getErrorCode(result) {
        case ZSTD_error_prefix_unknown:
            throw ArchiveError(.unreadable, "what comes next is not compressed with zstd")
        case ZSTD_error_checksum_wrong:
            throw ArchiveError(.unreadable, "it is damaged: its checksum is another one")
        case ZSTD_error_frameParameter_windowTooLarge:
            throw ArchiveError(.tooLarge, "reading it takes more than 128 MiB of memory")
        default:
            throw ArchiveError(
                .unreadable, "zstd: \(String(cString: ZSTD_getErrorName(result)))")
        }
    }
}
