import Vocabulary

/// A tar archive (POSIX.1-2001, `pax`), made while it is read: the same bytes for the same items,
/// whatever order they come in, whoever owns them on which machine.
///
/// Items are sorted by path, and all belong to one owner. Nothing is written to a disk, and no
/// more than a piece is held of any file.
public struct TarStream: AsyncSequence, Sendable {
    public typealias Failure = any Error

    private let items: [TarItem]
    private let owner: ArchiveOwner

    /// - Throws: ``ArchiveError`` for a path that leaves the archive or comes twice.
    public init(
        _ items: [TarItem], owner: ArchiveOwner = ArchiveOwner()
    ) throws(ArchiveError) {
        self.items = items.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        self.owner = owner
        var rules = EntryRules(
            stripping: 0, limits: ArchiveLimits(entries: .max, bytes: ByteCount(.max)),
            links: .anywhere)
        var previous: String?
        for item in self.items {
            guard previous != item.path else {
                throw ArchiveError(.unsafe, "is there twice", entry: item.path)
            }
            previous = item.path
            guard try rules.admit(item.entry).last?.path == item.path else {
                throw ArchiveError(
                    .unsafe, "is not written as plainly as it could", entry: item.path)
            }
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(items: items[...], owner: owner)
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private enum Phase {
            case header
            case data(
                TarItem, any AsyncIteratorProtocol<[UInt8], any Error>, size: Int, rest: Int)
            case ended
        }

        private var items: ArraySlice<TarItem>
        private let owner: ArchiveOwner
        private var phase = Phase.header
        private var ready = ReadyPieces()

        fileprivate init(items: ArraySlice<TarItem>, owner: ArchiveOwner) {
            self.items = items
            self.owner = owner
        }

        public mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        /// Never an empty piece.
        ///
        /// - Throws: ``ArchiveError`` for a file that is not of the size it was said to be, and
        ///   whatever its contents throw.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws -> [UInt8]? {
            while !ready.hasWhole, try await advance(isolation: actor) {}
            return ready.next()
        }

        /// Goes on by a header or a piece of a file; `false` at the end.
        private mutating func advance(isolation actor: isolated (any Actor)?) async throws -> Bool {
            switch phase {
            case .header:
                try Task.checkCancellation()
                guard let item = items.popFirst() else {
                    ready.add(TarHeader.end)
                    phase = .ended
                    return true
                }
                ready.add(TarHeader(entry: item.entry, owner: owner).bytes)
                if case .file(let size, let contents) = item.kind {
                    let iterator = try await contents().makeAsyncIterator()
                    phase = .data(item, iterator, size: size, rest: size)
                }
            case .data(let item, var iterator, let size, let rest):
                if let piece = try await iterator.next(isolation: actor) {
                    guard piece.count <= rest else { throw Self.changed(item) }
                    ready.add(piece)
                    phase = .data(item, iterator, size: size, rest: rest - piece.count)
                } else {
                    try Task.checkCancellation()
                    guard rest == 0 else { throw Self.changed(item) }
                    ready.add(TarHeader.padding(after: size))
                    phase = .header
                }
            case .ended:
                return false
            }
            return true
        }

        private static func changed(_ item: TarItem) -> ArchiveError {
            ArchiveError(.changed, "changed its size while it was read", entry: item.path)
        }
    }
}

extension TarItem {
    fileprivate var entry: ArchiveEntry {
        let kind: ArchiveEntry.Kind =
            switch self.kind {
            case .file(let size, _): .file(size: size)
            case .directory: .directory
            case .symlink(let target): .symlink(target: target)
            }
        return ArchiveEntry(
            path: path, kind: kind, mode: mode.bits,
            modified: max(0, modified.seconds))
    }
}
