internal import HTTP
public import Vocabulary

extension S3Client {
    /// What S3 says of an object.
    ///
    /// - Throws: ``S3Error``, `isMissing` when there is none.
    public func head(_ key: String, version: String? = nil) async throws -> S3ObjectInfo {
        try checkKey(key)
        let call = S3Call(
            "HEAD", key, query: Self.query(version),
            headers: [.init("X-Amz-Checksum-Mode", "ENABLED")])
        let response = try await perform(call).response
        do throws(S3Error) {
            return try S3ObjectInfo(response)
        } catch {
            throw place(error, key)
        }
    }

    /// Reads an object, and hands its bytes to `body` as they arrive. What ends without an error
    /// is whole: its length was met and, where S3 has one of the whole object, its checksum.
    ///
    /// - Parameters:
    ///   - range: of bytes, not empty; `nil` for all.
    ///   - etag: the object must still be this one.
    /// - Throws: ``S3Error``, of kind `damaged` from the body when it is not what S3 has kept, of
    ///   kind `unreachable` when it is cut off: nothing is tried again once it has begun.
    public func withObject<Value>(
        _ key: String, range: Range<Int>? = nil, version: String? = nil,
        ifMatch etag: String? = nil,
        _ body: (S3ObjectInfo, S3ObjectBody) async throws -> Value
    ) async throws -> Value {
        try checkKey(key)
        let call = try getCall(key, range: range, version: version, etag: etag)
        return try await perform(call, handingOut: .pieces) { response, answer in
            let (info, part) = try part(of: response, range: range, key)
            return try await body(
                info,
                S3ObjectBody(
                    source: answer, length: part.count, place: "\(address)/\(key.visible)",
                    checksum: range == nil ? info.checksums.first(where: \.isOfWholeObject) : nil))
        }
    }

    /// Reads an object, and goes on where it was cut off as long as it is the same one: `body` gets
    /// each byte once, in order.
    @discardableResult
    public func read(
        _ key: String, range: Range<Int>? = nil, version: String? = nil,
        ifMatch etag: String? = nil,
        _ body: ([UInt8]) async throws -> Void
    ) async throws -> S3ObjectInfo {
        var progress = S3ReadProgress(range: range, etag: etag)
        while true {
            let before = progress.count
            do {
                return try await readOnce(key, version: version, &progress, body)
            } catch let error as S3Error {
                // Each round that has got on is a new beginning.
                if progress.count > before { progress.failures = 0 }
                progress.failures += 1
                guard case .unreachable = error.kind, error.isTransient, progress.etag != nil,
                    progress.failures < settings.attempts
                else { throw place(error, key) }
                try await Task.sleep(for: settings.pause(after: progress.failures))
            }
        }
    }

    private func readOnce(
        _ key: String, version: String?, _ progress: inout S3ReadProgress,
        _ body: ([UInt8]) async throws -> Void
    ) async throws -> S3ObjectInfo {
        let call = try getCall(
            key, range: progress.rest, version: version, etag: progress.etag)
        var state = progress
        defer { progress = state }
        return try await perform(call, handingOut: .pieces) { response, answer in
            let (info, part) = try part(of: response, range: state.rest, key)
            if state.end == nil {
                state.end = part.upperBound
                state.checksum = info.checksums.first(where: \.isOfWholeObject)
                state.digest = state.checksum.map { S3Digest($0.algorithm) }
            }
            state.etag = info.etag
            for try await chunk in S3ObjectBody(
                source: answer, length: part.count, place: "\(address)/\(key.visible)",
                checksum: nil)
            {
                state.digest?.update(chunk)
                state.count += chunk.count
                try await body(chunk)
            }
            if let checksum = state.checksum, state.digest?.checksum != checksum {
                throw place(S3Error(.damaged, "what was read has another checksum"), key)
            }
            return info
        }
    }

    /// Reads an object, or a part of it, into memory.
    ///
    /// - Throws: ``S3Error`` of kind `invalid` when there is more than `limit`.
    public func get(
        _ key: String, range: Range<Int>? = nil, version: String? = nil,
        limit: ByteCount = .mebibytes(64)
    ) async throws -> (info: S3ObjectInfo, bytes: [UInt8]) {
        var bytes: [UInt8] = []
        let info = try await read(key, range: range, version: version) { chunk in
            guard bytes.count + chunk.count <= limit.bytes else {
                throw place(S3Error(.invalid, "the object has more than \(limit)"), key)
            }
            bytes += chunk
        }
        return (info, bytes)
    }

    // MARK: Pieces

    static func query(_ version: String?) -> [SignableRequest.QueryItem] {
        version.map { [.init("versionId", $0)] } ?? []
    }

    private func getCall(
        _ key: String, range: Range<Int>?, version: String?, etag: String?
    ) throws(S3Error) -> S3Call {
        try checkKey(key)
        if let range, range.isEmpty || range.lowerBound < 0 {
            throw place(S3Error(.invalid, "a range has at least one byte"), key)
        }
        return S3Call(
            "GET", key, query: Self.query(version),
            headers: [
                .init("Range", range.map { "bytes=\($0.lowerBound)-\($0.upperBound - 1)" }),
                .init("If-Match", etag), .init("X-Amz-Checksum-Mode", "ENABLED"),
            ])
    }

    /// What an answer holds: of which object, and which of its bytes.
    private func part(
        of response: HTTPResponse, range: Range<Int>?, _ key: String
    ) throws(S3Error) -> (S3ObjectInfo, Range<Int>) {
        guard let range else {
            let info = try S3ObjectInfo(response)
            guard response.status == 200 else {
                throw place(S3Error(.malformed, "the answer is a part, and all was asked for"), key)
            }
            return (info, 0..<info.size)
        }
        // bytes 0-9/100
        guard response.status == 206, let text = response.headers["Content-Range"],
            text.hasPrefix("bytes ")
        else {
            throw place(S3Error(.malformed, "the answer is not the part that was asked for"), key)
        }
        let numbers = text.dropFirst(6).split { $0 == "-" || $0 == "/" }.compactMap { Int($0) }
        guard numbers.count == 3, numbers[0] == range.lowerBound,
            numbers[1] == min(range.upperBound, numbers[2]) - 1
        else {
            throw place(S3Error(.malformed, "the answer is not the part that was asked for"), key)
        }
        return (try S3ObjectInfo(response, size: numbers[2]), numbers[0]..<numbers[1] + 1)
    }
}

/// How far an object has been read.
private struct S3ReadProgress {
    let range: Range<Int>?
    var etag: String?
    var count = 0
    /// Behind the last byte.
    var end: Int?
    var checksum: S3Checksum?
    var digest: S3Digest?
    var failures = 0

    init(range: Range<Int>?, etag: String?) {
        self.range = range
        self.etag = etag
    }

    /// What is still to be read.
    var rest: Range<Int>? {
        guard count > 0, let end else { return range }
        return (range?.lowerBound ?? 0) + count..<end
    }
}
