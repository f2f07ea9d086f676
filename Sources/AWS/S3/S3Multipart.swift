public import Vocabulary

/// An upload in parts that was begun: it costs what its parts cost until it is completed or
/// aborted.
public struct S3UploadID: Hashable, Sendable {
    public var key: String
    public var id: String
    /// Nil for one that was found in a listing.
    let mark: S3WriteMark?

    public init(key: String, id: String) {
        self.key = key
        self.id = id
        mark = nil
    }

    init(key: String, id: String, mark: S3WriteMark?) {
        self.key = key
        self.id = id
        self.mark = mark
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.key == right.key && left.id == right.id
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(key)
        hasher.combine(id)
    }
}

/// A part that S3 has.
public struct S3Part: Hashable, Sendable {
    /// From 1 to 10,000.
    public var number: Int
    public var etag: String
    public var size: Int
    public var checksum: S3Checksum?
}

/// An upload that is under way, or was left behind.
public struct S3OpenUpload: Hashable, Sendable {
    public var upload: S3UploadID
    public var begun: Timestamp?
}

extension S3Client {
    /// Begins an upload in parts. Its condition is checked by ``complete(_:_:_:)``.
    ///
    /// S3 has no way to begin one only once: where the answer to a try is lost, that try has left an
    /// upload that nobody knows the name of. ``listUploads(prefix:)`` finds it.
    public func createUpload(
        _ key: String, _ options: S3PutOptions = S3PutOptions()
    ) async throws -> S3UploadID {
        try checkKey(key)
        let options = try options.checked()
        let mark = S3WriteMark()
        let call = S3Call(
            "POST", key, query: [.init("uploads")],
            headers: options.headers + [
                mark.header, .init("X-Amz-Checksum-Algorithm", settings.checksum.rawValue),
            ])
        let root = try await answer(to: call, "InitiateMultipartUploadResult")
        guard let id = root["UploadId"]?.text, !id.isEmpty else {
            throw place(S3Error(.malformed, "the upload has no name"), key)
        }
        return S3UploadID(key: key, id: id, mark: mark)
    }

    /// Sends a part: at least 5 MiB, but for the last one. Sent again, it takes its own place.
    public func uploadPart(
        _ upload: S3UploadID, number: Int, _ bytes: [UInt8]
    ) async throws -> S3Part {
        let sent = S3Checksum(of: bytes, settings.checksum)
        let call = S3Call(
            "PUT", upload.key,
            query: [.init("partNumber", "\(number)"), .init("uploadId", upload.id)],
            body: .bytes(bytes), checksum: sent)
        let response = try await perform(call).response
        let part = try written(response, size: bytes.count, sent: sent, upload.key)
        return S3Part(number: number, etag: part.etag, size: bytes.count, checksum: sent)
    }

    /// Makes the object of the parts. S3 may take minutes over it.
    public func complete(
        _ upload: S3UploadID, _ parts: [S3Part], _ condition: S3Condition? = nil
    ) async throws -> S3Written {
        let parts = parts.sorted { $0.number < $1.number }
        let size = parts.reduce(0) { $0 + $1.size }
        let elements = parts.map { part in
            let checksum = part.checksum.map {
                "<\($0.algorithm.element)>\($0.text)</\($0.algorithm.element)>"
            }
            return "<Part><PartNumber>\(part.number)</PartNumber>"
                + "<ETag>\(XMLElement.escaped(part.etag) ?? "")</ETag>\(checksum ?? "")</Part>"
        }
        let call = S3Call(
            "POST", upload.key, query: [.init("uploadId", upload.id)],
            headers: [.init("Content-Type", "application/xml"), condition?.header],
            body: .bytes(
                Array(
                    "<CompleteMultipartUpload>\(elements.joined())</CompleteMultipartUpload>".utf8)
            ))
        do {
            let root = try await answer(to: call, "CompleteMultipartUploadResult")
            guard let etag = root["ETag"]?.text, !etag.isEmpty else {
                throw place(S3Error(.malformed, "the answer has no ETag"), upload.key)
            }
            let checksum = settings.checksum
            let told = root[checksum.element].map { S3Checksum(checksum, $0.text) }
            let made = S3Checksum.composite(parts.map(\.checksum), checksum)
            if let told, let made, !told.isOfWholeObject, told != made {
                throw place(
                    S3Error(.damaged, "the server has another checksum than the parts"), upload.key)
            }
            return S3Written(etag: etag, version: nil, checksum: told ?? made, size: size)
        } catch let error as S3Error {
            // Completed by a try whose answer was lost, the upload is no longer there.
            return try await settled(
                upload.key, upload.mark, after: error, size: size,
                checksum: S3Checksum.composite(parts.map(\.checksum), settings.checksum))
        }
    }

    /// Gives an upload up; its parts are gone. One that is not there is no error.
    public func abort(_ upload: S3UploadID) async throws {
        let call = S3Call("DELETE", upload.key, query: [.init("uploadId", upload.id)])
        do {
            _ = try await perform(call)
        } catch let error as S3Error where error.isMissing && error.code != "NoSuchBucket" {
        }
    }

    /// The parts that S3 has of an upload, in order.
    public func listParts(_ upload: S3UploadID) async throws -> [S3Part] {
        var parts: [S3Part] = []
        var marker: String?
        repeat {
            let query: [SignableRequest.QueryItem] =
                [.init("uploadId", upload.id)]
                + (marker.map { [.init("part-number-marker", $0)] } ?? [])
            let root = try await answer(
                to: S3Call("GET", upload.key, query: query), "ListPartsResult")
            for part in root.all("Part") { parts.append(try self.part(part, of: upload)) }
            let following = root["NextPartNumberMarker"]?.text
            marker = try Self.following(root, following, marker).map { $0 }
        } while marker != nil
        return parts.sorted { $0.number < $1.number }
    }

    private func part(_ element: XMLElement, of upload: S3UploadID) throws(S3Error) -> S3Part {
        guard let number = element["PartNumber"].flatMap({ Int($0.text) }),
            let size = element["Size"].flatMap({ Int($0.text) }), size >= 0,
            let etag = element["ETag"]?.text
        else { throw place(S3Error(.malformed, "a part has no number, size or ETag"), upload.key) }
        let checksum = S3Checksum.Algorithm.allCases.compactMap { algorithm in
            element[algorithm.element].map { S3Checksum(algorithm, $0.text) }
        }.first
        return S3Part(number: number, etag: etag, size: size, checksum: checksum)
    }

    /// Uploads that were begun and neither completed nor aborted.
    public func listUploads(prefix: String = "") async throws -> [S3OpenUpload] {
        var uploads: [S3OpenUpload] = []
        var marker: [SignableRequest.QueryItem] = []
        var isMore = true
        while isMore {
            let query: [SignableRequest.QueryItem] = [
                .init("uploads"), .init("encoding-type", "url"), .init("prefix", prefix),
            ]
            let root = try await answer(
                to: S3Call("GET", query: query + marker), "ListMultipartUploadsResult")
            let isEncoded = root["EncodingType"]?.text == "url"
            for upload in root.all("Upload") {
                uploads.append(try self.upload(upload, isEncoded))
            }
            isMore = root["IsTruncated"]?.text.lowercased() == "true"
            guard isMore else { break }
            let following: [SignableRequest.QueryItem] = [
                .init("key-marker", try key(root["NextKeyMarker"], isEncoded)),
                .init("upload-id-marker", root["NextUploadIdMarker"]?.text ?? ""),
            ]
            guard following != marker else {
                throw place(S3Error(.malformed, "the listing does not get on"), prefix)
            }
            marker = following
        }
        return uploads.filter { $0.upload.key.utf8.starts(with: prefix.utf8) }
    }

    private func upload(
        _ element: XMLElement, _ isEncoded: Bool
    ) throws(S3Error) -> S3OpenUpload {
        guard let id = element["UploadId"]?.text, !id.isEmpty else {
            throw place(S3Error(.malformed, "an upload has no name"), nil)
        }
        return S3OpenUpload(
            upload: S3UploadID(key: try key(element["Key"], isEncoded), id: id),
            begun: element["Initiated"].flatMap { Timestamp(iso8601: $0.text) })
    }

    private func key(_ element: XMLElement?, _ isEncoded: Bool) throws(S3Error) -> String {
        guard let text = element?.text,
            let key = isEncoded ? PercentEncoding.decode(text, plusIsSpace: true) : text
        else { throw place(S3Error(.malformed, "a key in the listing cannot be read"), nil) }
        return key
    }

    private static func following(
        _ root: XMLElement, _ next: String?, _ before: String?
    ) throws(S3Error) -> String? {
        guard root["IsTruncated"]?.text.lowercased() == "true" else { return nil }
        guard let next, !next.isEmpty, next != before else {
            throw S3Error(.malformed, "the listing does not get on")
        }
        return next
    }
}
