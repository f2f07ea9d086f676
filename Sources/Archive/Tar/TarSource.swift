import CLibArchive

/// A tar archive's bytes for libarchive, from a task that hands them over, and whether they came
/// to the archive's end.
final class TarSource {
    private let pieces: PassedPieces
    /// What libarchive reads: it stays where it is until the next call.
    private let buffer = UnsafeMutableRawBufferPointer.allocate(
        byteCount: 256 << 10, alignment: 16)
    private var piece: ArraySlice<UInt8> = []
    /// How many bytes were read.
    private var count = 0
    /// What the task said instead of the next piece.
    private(set) var failure: (any Error)?

    init(_ pieces: PassedPieces) {
        self.pieces = pieces
    }

    deinit {
        buffer.deallocate()
    }

    /// The next bytes, none at the end; `nil` when there is a ``failure``.
    func next() -> UnsafeRawBufferPointer? {
        do {
            while piece.isEmpty {
                guard let next = try pieces.take() else {
                    return UnsafeRawBufferPointer(start: buffer.baseAddress, count: 0)
                }
                piece = next[...]
            }
        } catch {
            failure = error
            return nil
        }
        let count = min(piece.count, buffer.count)
        piece.prefix(count).withUnsafeBytes { buffer.copyMemory(from: $0) }
        piece = piece.dropFirst(count)
        self.count += count
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    /// Reads what stands behind the last entry.
    ///
    /// - Parameter end: of the last entry.
    /// - Throws: when the archive's end is not there: libarchive takes an archive that was cut
    ///   between two entries for whole.
    func finish(behind end: Int) throws {
        while let bytes = next() {
            guard bytes.isEmpty else { continue }
            guard count - end >= TarHeader.end.count else {
                throw ArchiveError(.unreadable, "it is cut off")
            }
            return
        }
        if let failure { throw failure }
    }
}
