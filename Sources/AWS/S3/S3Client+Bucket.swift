public import Vocabulary

extension S3Client {
    /// Makes the bucket.
    ///
    /// - Parameter objectLock: versions can be kept; cannot be taken back. It keeps versions then.
    public func createBucket(objectLock: Bool = false) async throws {
        // us-east-1 is where buckets are that do not say, and it refuses to be said.
        let isSaid = address.endpoint == nil && address.region != "us-east-1"
        let xml = """
            <CreateBucketConfiguration><LocationConstraint>\(address.region)</LocationConstraint>\
            </CreateBucketConfiguration>
            """
        _ = try await perform(
            S3Call(
                "PUT",
                headers: [
                    objectLock ? .init("X-Amz-Bucket-Object-Lock-Enabled", "true") : nil
                ],
                body: isSaid ? .bytes(Array(xml.utf8)) : .none))
    }

    /// Removes the bucket, which has to be empty.
    public func deleteBucket() async throws {
        _ = try await perform(S3Call("DELETE"))
    }

    /// Whether the bucket is there, and may be used.
    ///
    /// - Throws: ``S3Error``, which names the region where the bucket is in another one.
    public func checkBucket() async throws {
        // Not HEAD, whose answer could not say what is wrong.
        _ = try await answer(
            to: S3Call("GET", query: [.init("list-type", "2"), .init("max-keys", "1")]),
            "ListBucketResult")
    }

    /// Lets the bucket keep versions.
    public func keepVersions() async throws {
        _ = try await perform(
            xmlCall(
                "PUT", nil, "versioning",
                "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"))
    }

    public func keepsVersions() async throws -> Bool {
        let root = try await answer(
            to: S3Call("GET", query: [.init("versioning")]), "VersioningConfiguration")
        return root["Status"]?.text == "Enabled"
    }

    /// Whether versions in the bucket can be kept by a retention.
    public func hasObjectLock() async throws -> Bool {
        do {
            let root = try await answer(
                to: S3Call("GET", query: [.init("object-lock")]), "ObjectLockConfiguration")
            return root["ObjectLockEnabled"]?.text == "Enabled"
        } catch let error as S3Error
            where error.code == "ObjectLockConfigurationNotFoundError"
        {
            return false
        }
    }

    /// Makes an object of one that S3 has, of at most 5 GiB, without its bytes coming here.
    ///
    /// - Parameter source: a bucket that the same server has, and an object in it.
    @discardableResult
    public func copy(
        from source: (bucket: String, key: String), to key: String,
        _ options: S3PutOptions = S3PutOptions()
    ) async throws -> S3Written {
        try checkKey(key)
        let options = try options.checked()
        let mark = options.condition.map { _ in S3WriteMark() }
        let place = "\(source.bucket)/\(source.key)"
        let isReplaced = mark != nil || !options.metadata.isEmpty || options.contentType != nil
        let call = S3Call(
            "PUT", key,
            headers: options.headers + [
                .init("X-Amz-Copy-Source", PercentEncoding.encode(place, keepingSlashes: true)),
                isReplaced ? .init("X-Amz-Metadata-Directive", "REPLACE") : nil,
                options.condition?.header, mark?.header,
            ])
        do {
            let root = try await answer(to: call, "CopyObjectResult")
            let info = try await head(key)
            guard let etag = root["ETag"]?.text, !etag.isEmpty else {
                throw self.place(S3Error(.malformed, "the answer has no ETag"), key)
            }
            return S3Written(
                etag: etag, version: info.version, checksum: info.checksums.first, size: info.size)
        } catch let error as S3Error {
            guard mark != nil, error.isConflict else { throw error }
            return try await settled(
                key, mark, after: error, size: try await head(key).size, checksum: nil)
        }
    }

    /// A URL by which anybody can read an object until it expires.
    ///
    /// - Parameter lifetime: up to seven days, and no longer than the credentials last.
    public func presignedURL(
        _ key: String, version: String? = nil, lifetime: Duration
    ) async throws -> Sensitive<String> {
        try checkKey(key)
        let request = address.request("GET", key, query: Self.query(version), headers: [])
        let signer = RequestSigner(service: "s3", region: address.region)
        return signer.presign(
            request, with: try await credentials.credentials(), at: clock.now, lifetime: lifetime)
    }
}
