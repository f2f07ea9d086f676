import Crypto
import Testing
import Vocabulary

@testable import AWS

@Suite struct RequestSignerTests {
    private static let time = Timestamp(seconds: 1_440_938_160)
    private static let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

    private static func credentials(session: String? = nil) -> AWSCredentials {
        AWSCredentials(
            accessKey: "AKIDEXAMPLE", secret: Sensitive(secret),
            session: session.map { Sensitive($0) })
    }

    @Test(arguments: SignatureVector.all)
    func aPublishedRequestGetsItsSignature(vector: SignatureVector) {
        var request = SignableRequest(
            vector.method, host: "example.amazonaws.com", path: vector.path, query: vector.query,
            headers: vector.headers)
        let digest = SHA256.hash(data: Array((vector.body ?? "").utf8)).hexadecimal
        let signer = RequestSigner(service: "service", region: "us-east-1", path: vector.rule)
        let credentials = Self.credentials(session: vector.session)

        let url = signer.presign(
            request, payload: .sha256(digest), with: credentials, at: Self.time,
            lifetime: .seconds(3600))
        #expect(url.withExposed { $0.hasSuffix("&X-Amz-Signature=\(vector.inQuery)") })

        if vector.body != nil { request.headers.append(.init("x-amz-content-sha256", digest)) }
        let signed = signer.sign(
            request, payload: .sha256(digest), with: credentials, at: Self.time)
        #expect(
            signed.authorization?.withExposed { $0.hasSuffix(", Signature=\(vector.inHeader)") }
                == true)
    }

    // MARK: S3's own examples (Amazon S3 API Reference, "Signature calculations")

    private static let example = AWSCredentials(
        accessKey: "AKIAIOSFODNN7EXAMPLE",
        secret: Sensitive("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
    private static let exampleTime = Timestamp(seconds: 1_369_353_600)
    private static let s3 = RequestSigner(service: "s3", region: "us-east-1")

    @Test func aGetWithARangeIsSignedAsS3Documents() {
        let signed = Self.s3.sign(
            SignableRequest(
                "GET", host: "examplebucket.s3.amazonaws.com", path: "/test.txt",
                headers: [.init("Range", "bytes=0-9")]),
            payload: .empty, with: Self.example, at: Self.exampleTime)
        #expect(
            signed.authorization?.withExposed { $0 } == """
                AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/\
                aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=\
                f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41
                """)
    }

    @Test func aPutIsSignedAsS3Documents() {
        let signed = Self.s3.sign(
            SignableRequest(
                "PUT", host: "examplebucket.s3.amazonaws.com", path: "/test%24file.text",
                headers: [
                    .init("Date", "Fri, 24 May 2013 00:00:00 GMT"),
                    .init("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ]),
            payload: .sha256("44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"),
            with: Self.example, at: Self.exampleTime)
        #expect(
            signed.authorization?.withExposed {
                $0.hasSuffix(
                    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
            } == true)
    }

    @Test(arguments: [
        (
            [SignableRequest.QueryItem("lifecycle")],
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        ),
        (
            [.init("max-keys", "2"), .init("prefix", "J")],
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        ),
    ])
    func aBucketsSubresourceIsSignedAsS3Documents(
        query: [SignableRequest.QueryItem], signature: String
    ) {
        let signed = Self.s3.sign(
            SignableRequest("GET", host: "examplebucket.s3.amazonaws.com", query: query),
            payload: .empty, with: Self.example, at: Self.exampleTime)
        #expect(signed.authorization?.withExposed { $0.hasSuffix(signature) } == true)
    }

    @Test func aURLIsPresignedAsS3Documents() {
        let url = Self.s3.presign(
            SignableRequest("GET", host: "examplebucket.s3.amazonaws.com", path: "/test.txt"),
            with: Self.example, at: Self.exampleTime, lifetime: .seconds(86400))
        #expect(
            url.withExposed { $0 } == """
                https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
                &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
                &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
                &X-Amz-Signature=\
                aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404
                """)
    }

    // MARK: What is a secret

    @Test func whatSignsARequestIsNotSeen() {
        let signed = Self.s3.sign(
            SignableRequest("GET", host: "h", path: "/k"), payload: .unsigned,
            with: Self.credentials(session: "SESSION"), at: Self.time)
        var shown = "\(signed)"
        dump(signed, to: &shown)
        dump(Self.credentials(session: "SESSION"), to: &shown)
        #expect(!shown.contains("SESSION"))
        #expect(!shown.contains("Signature="))
        #expect(!shown.contains(Self.secret))
    }

    @Test func percentEncodingLosesNothing() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let scalars = (0..<Int.random(in: 0..<20, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0..<0x3000, using: &random))
            }
            let text = String(String.UnicodeScalarView(scalars))
            let encoded = PercentEncoding.encode(text)
            #expect(encoded.utf8.allSatisfy { $0 < 0x80 && $0 > 0x20 })
            #expect(PercentEncoding.decode(encoded).map { Array($0.utf8) } == Array(text.utf8))
        }
        #expect(PercentEncoding.decode("%4") == nil)
        #expect(PercentEncoding.decode("%zz") == nil)
        #expect(PercentEncoding.decode("%ff") == nil)
    }
}
