internal import Loop
public import Vocabulary

/// Unpacks a plain tar archive below a directory while its bytes come.
///
/// ``EntryRules`` say what may be unpacked; and whatever they let through, nothing is written
/// through a link: each folder is opened below the one before without following any, so that what
/// somebody else plants in the destination meanwhile leads nowhere either. Nothing that is there
/// is replaced. Devices, pipes and sockets are refused, set-id bits taken off.
///
/// What it has unpacked before it fails stays: the destination is the caller's to throw away.
public struct TarExtraction: Sendable {
    public var limits: ArchiveLimits
    public var links: LinkTargets
    /// How many leading components of each path are taken off.
    public var stripping: Int

    public init(
        limits: ArchiveLimits = ArchiveLimits(), links: LinkTargets = .inside, stripping: Int = 0
    ) {
        self.limits = limits
        self.links = links
        self.stripping = stripping
    }

    /// What was unpacked.
    public struct Summary: Hashable, Sendable {
        public var entries: Int
        public var size: ByteCount
    }

    /// - Parameters:
    ///   - source: all of the archive; it is read to its end.
    ///   - directory: is there, best empty.
    /// - Throws: ``ArchiveError``; what `source` throws.
    public func extract(
        _ source: some AsyncSequence<[UInt8], any Error> & Sendable, into directory: String
    ) async throws -> Summary {
        let pieces = PassedPieces()
        return try await withThrowingTaskGroup(of: Summary?.self) { group in
            group.addTask {
                do {
                    for try await piece in source {
                        try Task.checkCancellation()
                        guard await pieces.give(piece) else { return nil }
                    }
                    try Task.checkCancellation()
                    pieces.end()
                } catch {
                    pieces.end(error)
                }
                return nil
            }
            group.addTask {
                try await BlockingPool.streams.run { () throws in
                    defer { pieces.close() }
                    return try unpack(pieces, into: directory)
                }
            }
            var summary: Summary?
            while let result = try await group.next() { summary = result ?? summary }
            guard let summary else { throw CancellationError() }
            return summary
        }
    }

    private func unpack(_ pieces: PassedPieces, into directory: String) throws -> Summary {
        let source = TarSource(pieces)
        do {
            var rules = EntryRules(stripping: stripping, limits: limits, links: links)
            let destination = try Destination(directory)
            let reader = try ArchiveReader(reading: source)
            var summary = Summary(entries: 0, size: ByteCount(0))
            var end = 0
            while let entry = try reader.next() {
                var admitted = try rules.admit(entry)
                if case .directory = entry.kind, !admitted.isEmpty {
                    // Its mode comes last of all, and may shut its owner out.
                    admitted[admitted.count - 1].mode = entry.mode & 0o777
                }
                for admitted in admitted {
                    summary.entries += 1
                    summary.size.bytes += try destination.write(admitted, from: reader)
                }
                // Only when it says that there is no more has it gone on behind the data.
                _ = try reader.read(upTo: 1)
                end = reader.position + TarHeader.padding(after: reader.position).count
            }
            try source.finish(behind: end)
            try destination.finish()
            return summary
        } catch {
            // What the source said is the cause of what libarchive says.
            throw source.failure ?? error
        }
    }
}
