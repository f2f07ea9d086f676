internal import Loop

/// An archive of any format as a plain tar archive that a host can unpack without care: no path
/// leads out of the destination, no link does, no bit changes who somebody is, and it is no
/// larger than was agreed.
///
/// It is made while it is read, in pieces of some 256 KiB, on the blocking pool. Bytes that were
/// given out before an entry broke a rule are harmless, but the archive is not whole: whoever
/// unpacks it does so after the end.
public actor SafeTarStream {
    private enum Phase {
        case unopened
        case header(ArchiveReader)
        case data(ArchiveReader, remaining: Int, padding: [UInt8])
        case ended
    }

    private static let pieceSize = 256 << 10

    private nonisolated let lane = BlockingLane()
    private let path: String
    private let owner: ArchiveOwner
    private var rules: EntryRules
    private var phase = Phase.unopened

    /// - Parameters:
    ///   - path: of a regular file of this machine.
    ///   - stripping: how many leading components of each path are taken off.
    public init(
        path: String, stripping: Int = 0, owner: ArchiveOwner = ArchiveOwner(),
        limits: ArchiveLimits = ArchiveLimits()
    ) {
        self.path = path
        self.owner = owner
        rules = EntryRules(stripping: stripping, limits: limits)
    }

    /// The next piece, `nil` at the end.
    ///
    /// - Throws: ``ArchiveError``; the stream has ended then.
    public nonisolated func next() async throws -> [UInt8]? {
        try Task.checkCancellation()
        return try await piece()
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        lane.asUnownedSerialExecutor()
    }

    private func piece() throws(ArchiveError) -> [UInt8]? {
        var bytes: [UInt8] = []
        do {
            while bytes.count < Self.pieceSize, try advance(&bytes) {}
        } catch {
            phase = .ended
            throw error
        }
        return bytes.isEmpty ? nil : bytes
    }

    /// Goes on by a header or a stretch of data; `false` at the end.
    private func advance(_ bytes: inout [UInt8]) throws(ArchiveError) -> Bool {
        switch phase {
        case .unopened:
            phase = .header(try ArchiveReader(path: path))
        case .header(let reader):
            guard let entry = try reader.next() else {
                bytes += TarHeader.end
                phase = .ended
                return true
            }
            for admitted in try rules.admit(entry) {
                bytes += TarHeader(entry: admitted, owner: owner).bytes
                if case .file(let size) = admitted.kind {
                    phase = .data(reader, remaining: size, padding: TarHeader.padding(after: size))
                }
            }
        case .data(let reader, 0, let padding):
            bytes += padding
            phase = .header(reader)
        case .data(let reader, let remaining, let padding):
            let data = try reader.read(upTo: min(remaining, Self.pieceSize))
            guard !data.isEmpty else {
                throw ArchiveError(.unreadable, "it ends in the middle of an entry")
            }
            bytes += data
            phase = .data(reader, remaining: remaining - data.count, padding: padding)
        case .ended:
            return false
        }
        return true
    }
}
