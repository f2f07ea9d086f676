internal import Vocabulary

/// An object that is written from a stream of unknown end, in parts, several at once, in bounded
/// memory: ``S3PartPlan/concurrency`` parts under way and one that is being filled.
///
/// A stream that ends within its first part is written as a whole. What fails or is cancelled is
/// aborted: no parts are left behind, unless the server can no longer be asked.
struct S3Upload {
    /// What has come of it.
    private enum Phase {
        /// Nothing was sent: all of it may yet fit into one request.
        case filling([UInt8])
        /// Parts are being sent; the bytes are the beginning of the next.
        case sending(S3UploadID, sent: [S3Part], next: Int, [UInt8])
    }

    /// What an object may have that is taken to end soon.
    private static let smallSize = 1 << 20

    private let client: S3Client
    private let key: String
    private let options: S3PutOptions
    private let plan: S3PartPlan
    private let places: S3PartPlaces?
    private var phase = Phase.filling([])

    init(
        _ client: S3Client, _ key: String, _ options: S3PutOptions, _ plan: S3PartPlan,
        _ places: S3PartPlaces? = nil
    ) {
        self.client = client
        self.key = key
        self.options = options
        self.plan = plan
        self.places = places
    }

    /// Goes on with an upload that has these parts, of which all are as the plan cuts them.
    init(
        _ client: S3Client, resuming upload: S3UploadID, parts: [S3Part], _ options: S3PutOptions,
        _ plan: S3PartPlan
    ) {
        self.init(client, upload.key, options, plan)
        phase = .sending(upload, sent: parts, next: parts.count + 1, [])
    }

    mutating func run(_ source: some AsyncSequence<[UInt8], any Error>) async throws -> S3Written {
        do {
            try await send(source)
            try Task.checkCancellation()
            return try await finish()
        } catch {
            await abort()
            throw error
        }
    }

    private mutating func send(
        _ source: some AsyncSequence<[UInt8], any Error>
    ) async throws {
        var state = phase
        defer { phase = state }
        try await withThrowingTaskGroup(of: S3Part.self) { group in
            var running = 0
            for try await chunk in source {
                var rest = chunk[...]
                while !rest.isEmpty {
                    // A part that is full goes when there is more: the last one is never empty.
                    if let part = try await fullPart(&state) {
                        if running == plan.concurrency {
                            if let done = try await group.next() { add(done, to: &state) }
                            running -= 1
                        }
                        try await start(part, in: &group)
                        running += 1
                    }
                    rest = append(rest, to: &state)
                }
            }
            if let part = lastPart(&state) { try await start(part, in: &group) }
            while let done = try await group.next() { add(done, to: &state) }
        }
    }

    /// A part that is full.
    private struct FullPart {
        let upload: S3UploadID
        let number: Int
        let bytes: [UInt8]
    }

    private func start(
        _ part: FullPart, in group: inout ThrowingTaskGroup<S3Part, any Error>
    ) async throws {
        try await places?.enter()
        group.addTask { [client, places] in
            let result: Result<S3Part, any Error>
            do {
                result = .success(
                    try await client.uploadPart(part.upload, number: part.number, part.bytes))
            } catch {
                result = .failure(error)
            }
            await places?.leave()
            return try result.get()
        }
    }

    /// Adds what there is room for in the part.
    ///
    /// - Returns: the rest of the chunk.
    private func append(_ chunk: ArraySlice<UInt8>, to state: inout Phase) -> ArraySlice<UInt8> {
        switch consume state {
        case .filling(var bytes):
            let rest = fill(&bytes, plan.size(of: 1), with: chunk)
            state = .filling(bytes)
            return rest
        case .sending(let upload, let sent, let next, var bytes):
            let rest = fill(&bytes, plan.size(of: next), with: chunk)
            state = .sending(upload, sent: sent, next: next, bytes)
            return rest
        }
    }

    private func fill(
        _ bytes: inout [UInt8], _ size: Int, with chunk: ArraySlice<UInt8>
    ) -> ArraySlice<UInt8> {
        // What is no longer small will be a part; else it grows by doubling, to twice of one.
        if bytes.count + chunk.count > Self.smallSize, bytes.capacity < size {
            bytes.reserveCapacity(size)
        }
        let room = size - bytes.count
        bytes += chunk.prefix(room)
        return chunk.dropFirst(room)
    }

    private func add(_ part: S3Part, to state: inout Phase) {
        guard case .sending(let upload, var sent, let next, let bytes) = state else { return }
        sent.append(part)
        state = .sending(upload, sent: sent, next: next, bytes)
    }

    /// The next part, once there is all of it; with the first one the upload begins.
    private func fullPart(_ state: inout Phase) async throws -> FullPart? {
        if case .filling(let bytes) = state, bytes.count == plan.size(of: 1) {
            let upload = try await client.createUpload(key, options)
            state = .sending(upload, sent: [], next: 1, bytes)
        }
        guard case .sending(let upload, let sent, let next, let bytes) = state,
            bytes.count == plan.size(of: next)
        else { return nil }
        // There is more.
        guard next < S3PartPlan.mostParts else {
            throw client.place(
                S3Error(.invalid, "the object has more than \(S3PartPlan.mostParts) parts"), key)
        }
        state = .sending(upload, sent: sent, next: next + 1, [])
        return FullPart(upload: upload, number: next, bytes: bytes)
    }

    /// What is left at the end.
    private func lastPart(_ state: inout Phase) -> FullPart? {
        guard case .sending(let upload, let sent, let next, let bytes) = state, !bytes.isEmpty
        else { return nil }
        state = .sending(upload, sent: sent, next: next + 1, [])
        return FullPart(upload: upload, number: next, bytes: bytes)
    }

    private func finish() async throws -> S3Written {
        switch phase {
        case .filling(let bytes): try await client.put(key, bytes, options)
        case .sending(let upload, let sent, _, _):
            try await client.complete(upload, sent, options.condition)
        }
    }

    /// Also in a task that is cancelled, in which nothing could be sent any more.
    private func abort() async {
        guard case .sending(let upload, _, _, _) = phase else { return }
        // A task of its own does not inherit the cancellation. It is awaited: structured all the
        // same. That the server cannot be asked is told by what brought this about.
        await Task { [client] in try? await client.abort(upload) }.value
    }
}

extension S3Client {
    /// Writes an object from a stream, in parts, several at once.
    ///
    /// - Parameters:
    ///   - options: the condition is checked at the end, in the step that makes the object appear.
    ///   - places: that several uploads share, so that all of them together keep to a limit.
    /// - Throws: ``S3Error``, ``CredentialsError``, `CancellationError`, what `source` throws.
    ///   The upload is aborted then.
    @discardableResult
    public func upload(
        _ key: String, _ options: S3PutOptions = S3PutOptions(), plan: S3PartPlan = S3PartPlan(),
        sharing places: S3PartPlaces? = nil, from source: some AsyncSequence<[UInt8], any Error>
    ) async throws -> S3Written {
        try checkKey(key)
        var upload = S3Upload(self, key, options, plan, places)
        return try await upload.run(source)
    }

    /// Goes on with an upload that was cut off, behind the last part in a row that S3 has whole.
    ///
    /// - Parameters:
    ///   - options: of which the condition counts; the rest was said when the upload began.
    ///   - plan: as it was then.
    ///   - source: the bytes from this offset on. Asked for those from 0 on first where the server
    ///     does not tell the checksums of the parts that it has: they are made again then.
    /// - Throws: as ``upload(_:_:plan:from:)`` does; `isMissing` when the upload is gone.
    @discardableResult
    public func resume(
        _ upload: S3UploadID, _ options: S3PutOptions = S3PutOptions(),
        plan: S3PartPlan = S3PartPlan(),
        from source: (_ offset: Int) async throws -> any AsyncSequence<[UInt8], any Error>
            & Sendable
    ) async throws -> S3Written {
        var parts = Self.whole(try await listParts(upload), plan)
        let offset = parts.reduce(0) { $0 + $1.size }
        if parts.contains(where: { $0.checksum?.algorithm != settings.checksum }) {
            try await addChecksums(of: try await source(0), to: &parts)
        }
        let rest = try await source(offset)
        var upload = S3Upload(self, resuming: upload, parts: parts, options, plan)
        return try await upload.run(rest)
    }

    /// Makes the parts' checksums of the bytes that they were made of.
    ///
    /// - Throws: ``S3Error`` of kind `damaged` where a part has another one.
    private func addChecksums(
        of source: some AsyncSequence<[UInt8], any Error>, to parts: inout [S3Part]
    ) async throws {
        var index = 0
        var left = parts.first?.size ?? 0
        var digest = S3Digest(settings.checksum)
        for try await chunk in source {
            var rest = chunk[...]
            while index < parts.count, !rest.isEmpty {
                let piece = rest.prefix(left)
                rest = rest.dropFirst(left)
                left -= piece.count
                digest.update(Array(piece))
                guard left == 0 else { continue }
                try parts[index].take(digest.checksum)
                index += 1
                left = index < parts.count ? parts[index].size : 0
                digest = S3Digest(settings.checksum)
            }
            if index == parts.count { return }
        }
        guard index == parts.count else {
            throw S3Error(.invalid, "the source is shorter than the parts that were sent")
        }
    }

    /// Those from the first one on that are as the plan cuts them. One that was the last of a
    /// shorter stream is sent anew.
    private static func whole(_ parts: [S3Part], _ plan: S3PartPlan) -> [S3Part] {
        var whole: [S3Part] = []
        for part in parts {
            guard part.number == whole.count + 1, part.size == plan.size(of: part.number) else {
                break
            }
            whole.append(part)
        }
        return whole
    }
}

extension S3Part {
    fileprivate mutating func take(_ made: S3Checksum) throws(S3Error) {
        if let checksum, checksum.algorithm == made.algorithm, checksum != made {
            throw S3Error(.damaged, "part \(number) is not what the source has")
        }
        checksum = made
    }
}
