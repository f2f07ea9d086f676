public import Vocabulary

/// An object in a listing.
public struct S3Listed: Hashable, Sendable {
    public var key: String
    public var size: Int
    public var etag: String
    public var modified: Timestamp?
}

/// What is in a bucket, in the order of the keys' bytes: asked for a thousand at a time, while it
/// is read. What changes meanwhile may be in it or not.
public struct S3Listing: AsyncSequence, Sendable {
    public enum Element: Hashable, Sendable {
        case object(S3Listed)
        /// The beginning that several keys have in common, up to the delimiter.
        case prefix(String)
    }

    let client: S3Client
    let prefix: String
    let delimiter: String?
    let start: String?

    public struct AsyncIterator: AsyncIteratorProtocol {
        let listing: S3Listing
        private var page: [Element] = []
        private var next: Next

        private enum Next {
            case first
            case after(token: String)
            case end
        }

        init(listing: S3Listing) {
            self.listing = listing
            next = .first
        }

        /// - Throws: ``S3Error``, ``CredentialsError``, `CancellationError`.
        public mutating func next() async throws -> Element? {
            while page.isEmpty {
                let token: String?
                switch next {
                case .first: token = nil
                case .after(let last): token = last
                case .end: return nil
                }
                let answer = try await listing.page(token)
                // Taken from behind.
                page = answer.elements.reversed()
                guard let following = answer.token else {
                    next = .end
                    continue
                }
                guard following != token else {
                    throw listing.malformed("the listing does not get on")
                }
                next = .after(token: following)
            }
            return page.popLast()
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(listing: self)
    }
}

extension S3Client {
    /// Lists what is in the bucket.
    ///
    /// - Parameters:
    ///   - delimiter: `/` to see one level of what looks like folders.
    ///   - start: only keys behind this one.
    public func list(
        prefix: String = "", delimiter: String? = nil, after start: String? = nil
    ) -> S3Listing {
        S3Listing(client: self, prefix: prefix, delimiter: delimiter, start: start)
    }
}

extension S3Listing {
    fileprivate func page(_ token: String?) async throws -> (elements: [Element], token: String?) {
        var query: [SignableRequest.QueryItem] = [
            // Keys may hold what no XML can.
            .init("list-type", "2"), .init("encoding-type", "url"), .init("prefix", prefix),
        ]
        if let delimiter { query.append(.init("delimiter", delimiter)) }
        if let token {
            query.append(.init("continuation-token", token))
        } else if let start {
            query.append(.init("start-after", start))
        }
        let root = try await client.answer(
            to: S3Call("GET", query: query), "ListBucketResult")
        let isEncoded = root["EncodingType"]?.text == "url"
        let objects = try root.all("Contents").map { contents -> Element in
            .object(try object(contents, isEncoded))
        }
        let prefixes = try root.all("CommonPrefixes").map { prefixes -> Element in
            .prefix(try text(prefixes["Prefix"], isEncoded))
        }
        let token = try following(root)
        return (Self.merged(objects + prefixes), token)
    }

    /// Where the next page begins; `nil` when there is none.
    private func following(_ root: XMLElement) throws(S3Error) -> String? {
        guard root["IsTruncated"]?.text.lowercased() == "true" else { return nil }
        guard let token = root["NextContinuationToken"]?.text, !token.isEmpty else {
            throw malformed("the listing is cut off and does not say where to go on")
        }
        return token
    }

    private func object(_ element: XMLElement, _ isEncoded: Bool) throws(S3Error) -> S3Listed {
        guard let size = element["Size"].flatMap({ Int($0.text) }), size >= 0 else {
            throw malformed("an object in the listing has no size")
        }
        return S3Listed(
            key: try text(element["Key"], isEncoded), size: size,
            etag: element["ETag"]?.text ?? "",
            modified: element["LastModified"].flatMap { Timestamp(iso8601: $0.text) })
    }

    private func text(_ element: XMLElement?, _ isEncoded: Bool) throws(S3Error) -> String {
        guard let text = element?.text,
            let decoded = isEncoded ? PercentEncoding.decode(text, plusIsSpace: true) : text
        else { throw malformed("a key in the listing cannot be read") }
        guard decoded.utf8.starts(with: prefix.utf8) else {
            throw malformed("the listing has a key that was not asked for")
        }
        return decoded
    }

    /// Objects and prefixes of a page in one order.
    private static func merged(_ elements: [Element]) -> [Element] {
        elements.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    fileprivate func malformed(_ message: String) -> S3Error {
        client.place(S3Error(.malformed, message), prefix)
    }
}

extension S3Listing.Element {
    fileprivate var name: String {
        switch self {
        case .object(let object): object.key
        case .prefix(let prefix): prefix
        }
    }
}
