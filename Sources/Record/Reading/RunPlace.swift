import Vocabulary

/// Where a run's record lies in its store.
struct RunPlace: Hashable, Sendable, Comparable {
    var run: RunID
    var folder: RunFolder

    static func < (left: Self, right: Self) -> Bool {
        (left.run, left.folder.rawValue) < (right.run, right.folder.rawValue)
    }
}

extension StateStore {
    /// All runs, the oldest first.
    func runPlaces() async throws -> [RunPlace] {
        var places: [RunPlace] = []
        for folder in RunFolder.allCases {
            let names = try await folders(in: "\(folder.rawValue)/")
            places += names.compactMap(RunID.init).map { RunPlace(run: $0, folder: folder) }
        }
        return places.sorted()
    }

    /// The keys of a run's pieces, the first one first.
    func segments(of place: RunPlace) async throws -> [StateKey] {
        try await keys(withPrefix: place.folder.prefix(place.run)).filter { $0.segment != nil }
    }
}
