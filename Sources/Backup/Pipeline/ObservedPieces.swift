import Synchronization

/// Pieces that pass by while an observer looks at them and they are hashed; for one reader.
struct ObservedPieces<Source: AsyncSequence & Sendable, Observer: PlainObserver>: AsyncSequence,
    Sendable
where Source.Element == [UInt8] {
    typealias Failure = any Error

    fileprivate final class Watch: Sendable {
        let state: Mutex<(digest: RunningDigest, observer: Observer)>

        init(_ observer: Observer) {
            state = Mutex((RunningDigest(), observer))
        }
    }

    private let source: Source
    private let watch: Watch

    init(source: Source, observer: Observer) {
        self.source = source
        watch = Watch(observer)
    }

    /// What passed, and what was seen of it.
    var outcome: (StoredObject, Observer) {
        watch.state.withLock { ($0.digest.stored, $0.observer) }
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(source: source.makeAsyncIterator(), watch: watch)
    }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var source: Source.AsyncIterator
        fileprivate let watch: Watch

        fileprivate init(source: Source.AsyncIterator, watch: Watch) {
            self.source = source
            self.watch = watch
        }

        mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            guard let piece = try await source.next(isolation: actor) else {
                try Task.checkCancellation()
                try watch.state.withLock { try $0.observer.finish() }
                return nil
            }
            try watch.state.withLock { state in
                state.digest.add(piece)
                try state.observer.add(piece)
            }
            return piece
        }
    }
}
