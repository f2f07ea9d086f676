public import HTTP
internal import Vocabulary

extension S3Client {
    /// Writes an object of at most 5 GiB that is in memory.
    ///
    /// - Throws: ``S3Error``, `isConflict` when the options' condition does not hold;
    ///   ``CredentialsError``; `CancellationError`.
    @discardableResult
    public func put(
        _ key: String, _ bytes: [UInt8], _ options: S3PutOptions = S3PutOptions()
    ) async throws -> S3Written {
        try await put(key, .bytes(bytes), size: bytes.count, options)
    }

    /// Writes an object of at most 5 GiB from a stream, which is made anew for each try.
    ///
    /// - Parameter length: in bytes, which the stream has to meet.
    @discardableResult
    public func put(
        _ key: String, length: Int, _ options: S3PutOptions = S3PutOptions(),
        from stream: @escaping HTTPBody.Stream
    ) async throws -> S3Written {
        try await put(key, .stream(length: length, stream), size: length, options)
    }

    private func put(
        _ key: String, _ body: S3Call.Body, size: Int, _ options: S3PutOptions
    ) async throws -> S3Written {
        try checkKey(key)
        let options = try options.checked()
        let mark = options.condition.map { _ in S3WriteMark() }
        let sent: S3Checksum? =
            if case .bytes(let bytes) = body { S3Checksum(of: bytes, settings.checksum) } else {
                nil
            }
        let call = S3Call(
            "PUT", key, headers: options.headers + [options.condition?.header, mark?.header],
            body: body, algorithm: settings.checksum, checksum: sent)
        do {
            let response = try await perform(call).response
            return try written(response, size: size, sent: sent, key)
        } catch let error as S3Error {
            return try await settled(key, mark, after: error, size: size, checksum: sent)
        }
    }

    /// A write that S3 refused because of its condition: it may be its own, of a try whose
    /// answer was lost.
    func settled(
        _ key: String, _ mark: S3WriteMark?, after error: S3Error, size: Int,
        checksum: S3Checksum?
    ) async throws -> S3Written {
        guard let mark, error.isConflict || error.code == "NoSuchUpload" else { throw error }
        let info: S3ObjectInfo
        do {
            info = try await head(key)
        } catch let other as S3Error where other.kind == .refused {
            throw error
        }
        guard info.metadata[S3WriteMark.name] == mark.text else { throw error }
        return S3Written(
            etag: info.etag, version: info.version, checksum: checksum ?? info.checksums.first,
            size: size)
    }

    func written(
        _ response: HTTPResponse, size: Int, sent: S3Checksum?, _ key: String
    ) throws(S3Error) -> S3Written {
        guard let etag = response.headers["ETag"], !etag.isEmpty else {
            throw place(S3Error(.malformed, "the answer has no ETag"), key)
        }
        var checksum = sent
        for algorithm in S3Checksum.Algorithm.allCases {
            guard let text = response.headers[algorithm.header] else { continue }
            let told = S3Checksum(algorithm, text)
            if let sent, sent.algorithm == algorithm, told.isOfWholeObject, told != sent {
                throw place(
                    S3Error(.damaged, "the server has another checksum than what was sent"), key)
            }
            checksum = checksum ?? told
        }
        return S3Written(
            etag: etag, version: response.headers["x-amz-version-id"], checksum: checksum,
            size: size)
    }

    /// Keys are 1 to 1,024 bytes of UTF-8.
    func checkKey(_ key: String) throws(S3Error) {
        guard (1...1024).contains(key.utf8.count) else {
            throw S3Error(.invalid, "a key has 1 to 1024 bytes")
        }
    }
}
