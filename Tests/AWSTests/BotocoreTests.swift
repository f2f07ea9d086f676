import Lab
import LabTraits
import Loop
import Testing
import Vocabulary

@testable import AWS

/// The same as AWS's own library for Python and its command line.
@Suite(.s3) struct BotocoreTests {
    @Test func requestsAreSignedAsBotocoreSignsThem() async throws {
        var random = SeededGenerator(seed: 21)
        let requests = Slice.of(0...5000, 400, seed: 4).map { _ in RandomRequest(&random) }
        let script =
            "\(#filePath.dropLast("AWSTests/BotocoreTests.swift".count))Lab/Scripts/sigv4.py"
        let input = requests.map { "\($0.question.line)\n" }.joined()
        let answer = try await ChildProcess.collect(
            Command(try await S3Lab.program("python"), [script]), input: Array(input.utf8))
        #expect(answer.exit.isSuccess, "\(answer.errorText)")
        let signatures = answer.outputText.split(separator: "\n").map(String.init)
        #expect(signatures.count == requests.count)
        for (request, signature) in zip(requests, signatures) {
            #expect(request.authorization == signature, "\(request.question.line)")
        }
        print("SigV4: \(signatures.count) requests signed by both")
    }

    @Test func whatIsUploadedHereIsReadByTheAWSCommandLineAndTheOtherWayRound() async throws {
        let bucket = try await TestBucket.make()
        let bytes = noise(12 << 20)
        try await bucket.client.upload(
            "parts/a b+ä", plan: S3PartPlan(size: .mebibytes(5)), from: Pieces(bytes))
        try await withDirectory { folder in
            let (here, there) = ("\(folder)/here", "s3://\(bucket.name)")
            try await aws(bucket, "s3", "cp", "--only-show-errors", "\(there)/parts/a b+ä", here)
            let read = try await WholeFile.read(here, atMost: .mebibytes(20))
            #expect(read == bytes)
            // In parts as well: it is above the command line's 8 MiB.
            try await aws(bucket, "s3", "cp", "--only-show-errors", here, "\(there)/other")
            #expect(try await bucket.client.get("other").bytes == bytes)
            let listed = try await aws(bucket, "s3", "ls", "--recursive", there)
            #expect(listed.contains("12582912 parts/a b+ä"))
        }
    }

    @discardableResult
    private func aws(_ bucket: TestBucket, _ arguments: String...) async throws -> String {
        let environment = [
            "AWS_ACCESS_KEY_ID": S3Lab.accessKey, "AWS_SECRET_ACCESS_KEY": S3Lab.secret,
            "AWS_DEFAULT_REGION": S3Lab.region, "AWS_ENDPOINT_URL": bucket.server.endpoint,
            "AWS_CA_BUNDLE": bucket.server.authority, "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin",
        ]
        let result = try await ChildProcess.collect(
            Command(try await S3Lab.program("aws"), arguments, environment: environment))
        #expect(result.exit.isSuccess, "\(result.errorText)")
        return result.outputText
    }
}

/// A request as no person would write it.
private struct RandomRequest {
    let question: JSON
    let authorization: String?

    init(_ random: inout SeededGenerator) {
        func text(_ limit: Int, _ letters: [String]) -> String {
            (0..<Int.random(in: 0...limit, using: &random)).map { _ in
                letters.randomElement(using: &random) ?? ""
            }.joined()
        }
        let letters = [
            "a", "B", "0", " ", "+", "=", ":", "&", "%", "~", "-", "ä", "日", "😀", "?", "#",
        ]
        let isS3 = Bool.random(using: &random)
        let service = isS3 ? "s3" : "sts"
        let key = text(8, letters + ["/", "//", "/../", "/./", ".."])
        let path = isS3 ? "/" + PercentEncoding.encode(key, keepingSlashes: true) : "/"
        let query = (0..<Int.random(in: 0...4, using: &random)).map { number in
            SignableRequest.QueryItem("\(text(4, letters))\(number)", "v\(text(4, letters))")
        }
        let headers = (0..<Int.random(in: 0...3, using: &random)).map { number in
            SignableRequest.Header(
                "X-Amz-Meta-\(number)", text(6, ["a", "B", " ", "  ", "\"", ","]) + "x")
        }
        let request = SignableRequest(
            ["GET", "PUT", "DELETE"].randomElement(using: &random) ?? "GET", host: "h.example.com",
            path: path, query: query, headers: headers)
        let session: String? = Bool.random(using: &random) ? "token/+=" : nil
        let payload =
            [SignedPayload.empty, .unsigned, .unsignedWithTrailer]
            .randomElement(using: &random) ?? .empty
        let time = Timestamp(seconds: Int.random(in: 1_000_000_000..<3_000_000_000, using: &random))
        let signed = RequestSigner(service: service, region: "eu-west-3").sign(
            request, payload: payload,
            with: AWSCredentials(
                accessKey: "AKIA", secret: Sensitive("s/+="), session: session.map { Sensitive($0) }
            ),
            at: time)
        authorization = signed.authorization?.withExposed { $0 }
        question = .object(compact: [
            ("service", .string(service)), ("region", "eu-west-3"),
            ("method", .string(request.method)), ("url", .string(request.url)),
            ("headers", .object(headers.map { .init($0.name, .string($0.value)) })),
            ("payload", .string(payload.text)), ("access", "AKIA"), ("secret", "s/+="),
            ("session", session.map { .string($0) } ?? .null), ("time", .string(time.compact)),
        ])
    }
}
